//! Reads one table key by key. What is absent, of the wrong type or unknown is reported with its line.

use std::str::FromStr;

use almanac_model::{Decimal, IdError};
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::names::{Names, Subject};
use crate::problem::{Located, Place, Problems};
use crate::{Documentation, Label, Range, suggest};

/// A table and the keys that were asked for so far.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    table: &'a DeTable<'a>,
    place: Place<'a>,
    /// What the table defines, for messages: `metric "post.items"`.
    what: String,
    asked: Vec<&'static str>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    pub(super) fn new(section: &str, table: &'a DeTable<'a>, place: Place<'a>, problems: &'a Problems) -> Self {
        let id = table.get("id").and_then(|id| id.get_ref().as_str());
        Self {
            table,
            place,
            what: id.map_or_else(|| section.to_owned(), |id| format!("{section} {id:?}")),
            asked: Vec::new(),
            problems,
        }
    }

    pub(super) const fn place(&self) -> Place<'a> {
        self.place
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) const fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// The line of a key, or of the table when it has no such key.
    pub(super) fn place_of(&self, key: &str) -> Place<'a> {
        let value = self.table.get(key);
        value.map_or(self.place, |value| self.place.at(value.span().start))
    }

    pub(super) fn report(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.report(self.place_of(key), message, remedy);
    }

    /// Reports every key that was not asked for.
    pub(super) fn refuse_the_rest(&self) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let near = suggest::nearest(name, self.asked.iter().copied());
                self.problems.report(
                    self.place.at(key.span().start),
                    format!("{} has the unknown key {name:?}", self.what),
                    suggest::remedy(&near, format!("its keys are {}", self.asked.join(", "))),
                );
            }
        }
    }

    /// All keys with their values, for tables whose keys are names.
    pub(super) fn entries(&self) -> Vec<(Located<'a, &'a str>, &'a Spanned<DeValue<'a>>)> {
        let table: &'a DeTable<'a> = self.table;
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let place = self.place.at(key.span().start);
            let name: &'a std::borrow::Cow<'a, str> = key.get_ref();
            (Located { value: &**name, place }, value)
        };
        table.iter().map(entry).collect()
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = value.get_ref().type_str();
        self.problems.report(
            self.place.at(value.span().start),
            format!("{key:?} of {} is of type {found}", self.what),
            format!("write {expected}"),
        );
    }

    /// A text that is not empty, and where its first letter stands.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Located<'a, &'a str>> {
        let value = self.value(key)?;
        self.text_of(key, value)
    }

    fn text_of(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Located<'a, &'a str>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a text in double quotes");
            return None;
        };
        let span = value.span();
        if text.trim().is_empty() {
            let message = format!("{key:?} of {} is empty", self.what);
            self.problems
                .report(self.place.at(span.start), message, "write what it is");
            return None;
        }
        let inside = self.place.text.get(span.clone()).and_then(|raw| raw.find(text));
        let place = self.place.at(span.start + inside.unwrap_or(0));
        Some(Located { value: text, place })
    }

    /// Reports the key when it is absent.
    pub(super) fn demand(&mut self, key: &'static str, example: &str) {
        if self.value(key).is_none() {
            self.problems.report(
                self.place,
                format!("{} has no {key:?}", self.what),
                format!("add {key} = {example}"),
            );
        }
    }

    pub(super) fn required_text(&mut self, key: &'static str) -> Option<Located<'a, &'a str>> {
        self.demand(key, "\"...\"");
        self.text(key)
    }

    /// An id of that kind; its characters are checked.
    pub(super) fn id<T: FromStr<Err = IdError>>(&mut self, key: &'static str) -> Option<T> {
        let text = self.required_text(key)?;
        let id = text.value.parse::<T>();
        id.map_err(|error| bad_id(self.problems, text, key, &error)).ok()
    }

    /// A name that must be defined in the catalogue.
    pub(super) fn reference<T: FromStr<Err = IdError>>(
        &mut self,
        names: &Names<'_>,
        subject: Subject,
        key: &'static str,
    ) -> Option<Located<'a, T>> {
        let text = self.required_text(key)?;
        names.resolve(subject, text, self.problems)
    }

    /// A list of names that must be defined in the catalogue; those that are not are left out.
    pub(super) fn references<T: FromStr<Err = IdError>>(
        &mut self,
        names: &Names<'_>,
        subject: Subject,
        key: &'static str,
    ) -> Vec<Located<'a, T>> {
        let texts = self.texts(key);
        texts
            .into_iter()
            .filter_map(|text| names.resolve(subject, text, self.problems))
            .collect()
    }

    /// A list of texts; empty when the key is absent.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<Located<'a, &'a str>> {
        self.value(key).map_or_else(Vec::new, |value| self.texts_of(key, value))
    }

    pub(super) fn texts_of(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Vec<Located<'a, &'a str>> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts, such as [\"a\", \"b\"]");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.text_of(key, item)).collect()
    }

    /// As [`Self::references`], but the key must be there and the list must not be empty.
    pub(super) fn required_references<T: FromStr<Err = IdError>>(
        &mut self,
        names: &Names<'_>,
        subject: Subject,
        key: &'static str,
    ) -> Vec<Located<'a, T>> {
        self.demand(key, "[\"...\"]");
        self.refuse_empty_list(key);
        self.references(names, subject, key)
    }

    fn refuse_empty_list(&mut self, key: &'static str) {
        let empty = self
            .value(key)
            .and_then(|value| value.get_ref().as_array())
            .is_some_and(|array| array.is_empty());
        if empty {
            self.report(key, format!("{key:?} of {} is empty", self.what), "name at least one");
        }
    }

    /// The tables of a list, each to be read in its turn; empty when the key is absent.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Fields<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables, such as [ { ... }, { ... } ]");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.table_of(key, item)).collect()
    }

    pub(super) fn required_tables(&mut self, key: &'static str, example: &str) -> Vec<Fields<'a>> {
        self.demand(key, example);
        self.refuse_empty_list(key);
        self.tables(key)
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<Fields<'a>> {
        let value = self.value(key)?;
        self.table_of(key, value)
    }

    fn table_of(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Fields<'a>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table, such as { ... }");
            return None;
        };
        let place = self.place.at(value.span().start);
        let mut fields = Fields::new(key, table, place, self.problems);
        fields.what = format!("{key:?} of {}", self.what);
        Some(fields)
    }

    /// Whether the value is a text rather than a table.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problems.report(
                text.place,
                format!("{key:?} of {} is {:?}", self.what, text.value),
                format!("write {}", suggest::alternatives(known)),
            );
        }
        found.map(|&(_, meaning)| meaning)
    }

    pub(super) fn required_choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let known = suggest::alternatives(words.iter().map(|(word, _)| *word));
        self.demand(key, &known);
        self.choice(key, words)
    }

    /// A whole number up to a limit; `default` when the key is absent.
    pub(super) fn count(&mut self, key: &'static str, default: u32, most: u32) -> Option<u32> {
        let Some(value) = self.value(key) else {
            return Some(default);
        };
        let integer = value.get_ref().as_integer();
        let number = integer.and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok());
        let number = number.filter(|&number| number <= most);
        if number.is_none() {
            let message = format!("{key:?} of {} is not a whole number from 0 to {most}", self.what);
            self.report(key, message, format!("write {key} = {default}, without quotes"));
        }
        number
    }

    /// Yes or no; no when the key is absent.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let Some(value) = self.value(key) else {
            return Some(false);
        };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false, without quotes");
        }
        flag
    }

    /// A decimal number in quotes: TOML's own numbers are binary fractions.
    pub(super) fn decimal(&mut self, key: &'static str) -> Option<Decimal> {
        let value = self.value(key)?;
        if !value.get_ref().is_str() {
            self.wrong_type(
                key,
                value,
                "the number in quotes, such as \"0.5\": it is kept exactly as written",
            );
            return None;
        }
        let text = self.text_of(key, value)?;
        let number = text.value.parse::<Decimal>();
        number
            .map_err(|error| {
                let message = format!("{key:?} of {}: {error}", self.what);
                self.problems
                    .report(text.place, message, "write a number such as \"0.5\"");
            })
            .ok()
    }

    pub(super) fn required_decimal(&mut self, key: &'static str, example: &str) -> Option<Decimal> {
        self.demand(key, example);
        self.decimal(key)
    }

    /// Takes keys for known that are not read.
    pub(super) fn know(&mut self, keys: &[&'static str]) {
        self.asked.extend(keys);
    }

    /// A date in quotes.
    pub(super) fn date(&mut self, key: &'static str) -> Option<Date> {
        let text = self.text(key)?;
        parse_date(self.problems, text, key)
    }

    pub(super) fn required_date(&mut self, key: &'static str) -> Option<Date> {
        self.demand(key, "\"2017-01-01\"");
        self.date(key)
    }

    /// A label in both languages.
    pub(super) fn label(&mut self, key: &'static str) -> Option<Label> {
        self.demand(key, "{ vi = \"...\", en = \"...\" }");
        let mut fields = self.table(key)?;
        let (vi, en) = (fields.required_text("vi"), fields.required_text("en"));
        fields.refuse_the_rest();
        Some(Label {
            vi: vi?.value.to_owned(),
            en: en?.value.to_owned(),
        })
    }

    pub(super) fn documentation(&mut self) -> Option<Documentation> {
        let (label, definition) = (self.label("label"), self.label("definition"));
        let (source, owner) = (self.required_text("source"), self.required_text("owner"));
        Some(Documentation {
            label: label?,
            definition: definition?,
            source: source?.value.to_owned(),
            owner: owner?.value.to_owned(),
        })
    }

    /// The keys `min` and `max`, the right way round.
    pub(super) fn range(&mut self) -> Range {
        let range = Range {
            min: self.decimal("min"),
            max: self.decimal("max"),
        };
        if let (Some(min), Some(max)) = (range.min, range.max)
            && almanac_model::Exact::from(min) > almanac_model::Exact::from(max)
        {
            let message = format!("\"min\" of {} is {min}, above its \"max\" {max}", self.what);
            self.report("min", message, "exchange them");
        }
        range
    }
}

/// Reports a name that cannot be an id.
pub(super) fn bad_id(problems: &Problems, text: Located<'_, &str>, key: &str, error: &IdError) {
    let message = format!("{key:?} {error}");
    problems.report(text.place, message, "give it an id of that form");
}

/// A date as ISO 8601 writes it.
pub(super) fn parse_date(problems: &Problems, text: Located<'_, &str>, key: &str) -> Option<Date> {
    let date = text
        .value
        .parse::<Date>()
        .ok()
        .filter(|date| date.to_string() == text.value);
    if date.is_none() {
        let message = format!("{key:?} is {:?}, which is not a day of the calendar", text.value);
        problems.report(text.place, message, "write it as \"2017-01-31\"");
    }
    date
}
