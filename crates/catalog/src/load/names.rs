//! All ids of a catalogue, known before the first definition is read, so that definitions may name later ones.

use std::collections::BTreeMap;
use std::str::FromStr;

use almanac_model::IdError;

use super::areas::AreaRows;
use super::document::{Section, Sections};
use super::fields::{Fields, bad_id};
use crate::problem::{Located, Origin, Place, Problems};
use crate::suggest::{self, Candidate};

/// What an id names.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Subject {
    Calendar,
    Level,
    Unit,
    Dimension,
    Grouping,
    Metric,
    Indicator,
    Reporter,
    Report,
    Rule,
    Area,
}

impl Subject {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Level => "level",
            Self::Unit => "unit",
            Self::Dimension => "dimension",
            Self::Grouping => "grouping",
            Self::Metric => "metric",
            Self::Indicator => "indicator",
            Self::Reporter => "reporter",
            Self::Report => "report",
            Self::Rule => "rule",
            Self::Area => "area",
        }
    }

    const fn of(section: Section) -> Option<Self> {
        match section {
            Section::Calendar => Some(Self::Calendar),
            Section::Level => Some(Self::Level),
            Section::Unit => Some(Self::Unit),
            Section::Dimension => Some(Self::Dimension),
            Section::Grouping => Some(Self::Grouping),
            Section::Metric => Some(Self::Metric),
            Section::Reporter => Some(Self::Reporter),
            Section::Indicator => Some(Self::Indicator),
            Section::Report => Some(Self::Report),
            Section::Rule => Some(Self::Rule),
            Section::Catalog | Section::Expectation => None,
        }
    }
}

/// The ids of a catalogue and where each is defined.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    places: BTreeMap<Subject, BTreeMap<&'a str, Place<'a>>>,
    codes: BTreeMap<&'a str, Vec<&'a str>>,
    /// Names of areas, by which people look for them.
    people_say: BTreeMap<&'a str, &'a str>,
    /// Whether some lines of the area file could not be read: then an area that is not found may well be there.
    areas_incomplete: bool,
}

impl<'a> Names<'a> {
    /// Collects the ids of all definitions and reports those that are given twice.
    pub(super) fn declare(sections: &Sections<'a>, areas: &'a AreaRows<'a>, problems: &Problems) -> Self {
        let mut names = Self {
            areas_incomplete: areas.incomplete,
            ..Self::default()
        };
        for (section, fields) in sections.iter() {
            let Some((subject, id)) = Subject::of(section).zip(fields.id_text()) else {
                continue;
            };
            let earlier = names.find_defined(subject, id.value);
            if let Some((other, place)) = earlier {
                let role = if other == subject {
                    String::new()
                } else {
                    format!(" as {}", other.word())
                };
                problems.report(
                    id.place,
                    format!(
                        "{} {:?} is already defined{role} at {}",
                        subject.word(),
                        id.value,
                        place.origin()
                    ),
                    "give one of them another id",
                );
                continue;
            }
            names.places.entry(subject).or_default().insert(id.value, id.place);
            if matches!(subject, Subject::Dimension | Subject::Grouping) {
                names.codes.insert(id.value, fields.code_texts());
            }
        }
        for row in &areas.rows {
            let areas = names.places.entry(Subject::Area).or_default();
            areas.entry(&row.area).or_insert(row.place);
            names.people_say.insert(&row.area, &row.name);
        }
        names
    }

    /// Metrics and indicators share one name space, and so do dimensions and groupings.
    fn find_defined(&self, subject: Subject, id: &str) -> Option<(Subject, Place<'a>)> {
        let spaces: &[Subject] = match subject {
            Subject::Metric | Subject::Indicator => &[Subject::Metric, Subject::Indicator],
            Subject::Dimension | Subject::Grouping => &[Subject::Dimension, Subject::Grouping],
            _ => &[subject],
        };
        spaces
            .iter()
            .find_map(|&subject| Some((subject, self.place(subject, id)?)))
    }

    pub(crate) fn place(&self, subject: Subject, id: &str) -> Option<Place<'a>> {
        self.places.get(&subject)?.get(id).copied()
    }

    pub(crate) fn defines(&self, subject: Subject, id: &str) -> bool {
        self.place(subject, id).is_some()
    }

    /// The ids of one kind, sorted.
    pub(crate) fn ids(&self, subject: Subject) -> impl Iterator<Item = &'a str> {
        self.places
            .get(&subject)
            .into_iter()
            .flat_map(|ids| ids.keys().copied())
    }

    /// The codes of a dimension or grouping; `None` when there is none of that id.
    pub(crate) fn codes(&self, dimension: &str) -> Option<&[&'a str]> {
        self.codes.get(dimension).map(Vec::as_slice)
    }

    /// The id, if it is defined; else the nearest ones are told.
    pub(crate) fn resolve<'t, T: FromStr<Err = IdError>>(
        &self,
        subject: Subject,
        text: Located<'t, &'t str>,
        problems: &Problems,
    ) -> Option<Located<'t, T>> {
        if !self.defines(subject, text.value) {
            if subject == Subject::Area && self.areas_incomplete {
                return None;
            }
            problems.report(
                text.place,
                format!("there is no {} {:?}", subject.word(), text.value),
                suggest::remedy(
                    &self.nearest(subject, text.value),
                    format!("define it, or name a defined {}", subject.word()),
                ),
            );
            return None;
        }
        let id = text.value.parse::<T>();
        let value = id
            .map_err(|error| bad_id(problems, text, subject.word(), &error))
            .ok()?;
        Some(Located {
            value,
            place: text.place,
        })
    }

    /// Up to three ids near to a wrong one; areas also by their names.
    pub(crate) fn nearest(&self, subject: Subject, wrong: &str) -> Vec<String> {
        let candidates = self.ids(subject).map(|id| Candidate {
            id,
            also: self
                .people_say
                .get(id)
                .filter(|_| subject == Subject::Area)
                .into_iter()
                .copied()
                .collect(),
        });
        suggest::nearest(wrong, candidates)
    }

    pub(crate) fn nearest_measure(&self, wrong: &str) -> Vec<String> {
        suggest::nearest(wrong, self.ids(Subject::Metric).chain(self.ids(Subject::Indicator)))
    }

    /// Where everything is defined, to be kept with the catalogue.
    pub(crate) fn origins(&self) -> BTreeMap<(Subject, String), Origin> {
        let all = self.places.iter().flat_map(|(&subject, ids)| {
            ids.iter()
                .map(move |(id, place)| ((subject, (*id).to_owned()), place.origin()))
        });
        all.collect()
    }
}

impl<'a> Fields<'a> {
    /// The id of the table, if it has one that is a text.
    fn id_text(&self) -> Option<Located<'a, &'a str>> {
        let (_, value) = self.entries().into_iter().find(|(key, _)| key.value == "id")?;
        Some(Located {
            value: value.get_ref().as_str()?,
            place: self.place_of("id"),
        })
    }

    /// The codes of a dimension's table.
    fn code_texts(&self) -> Vec<&'a str> {
        let codes = self.entries().into_iter().find(|(key, _)| key.value == "codes");
        let items = codes.and_then(|(_, value)| value.get_ref().as_array());
        let texts = items
            .into_iter()
            .flat_map(|items| items.iter())
            .filter_map(|item| item.get_ref().get("code"));
        texts.filter_map(|code| code.get_ref().as_str()).collect()
    }
}
