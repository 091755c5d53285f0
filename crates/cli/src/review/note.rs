//! What to know before using a figure, as footnotes.

use std::collections::BTreeMap;

use almanac_client::Label;
use almanac_model::{Figure, FigureFlag, Operand, Quality, Quotient};

use super::compare::{Line, Review, Source};
use super::words::Language;

/// The footnotes of a table, each once, numbered in the order in which they are needed.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    language: Language,
    /// What the report calls a plain metric.
    labels: BTreeMap<&'a str, &'a Label>,
    texts: Vec<String>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(review: &'a Review, language: Language) -> Self {
        let lines = review.sections.iter().flat_map(|section| &section.lines);
        let whole = lines.filter(|line| *line.line.id == *line.line.figure.measure);
        Self {
            language,
            labels: whole.map(|line| (line.line.id.as_str(), &line.line.label)).collect(),
            texts: Vec::new(),
        }
    }

    /// The marks of a line's footnotes: `(1,3)`, empty for most.
    pub(super) fn mark(&mut self, line: &Line) -> String {
        let mut texts = Vec::new();
        let figure = &line.line.figure;
        if let Some(quality @ (Quality::Estimated | Quality::Preliminary)) = figure.quality {
            texts.extend(self.because(figure, quality, line.source));
        }
        texts.extend(figure.flags.iter().map(|flag| self.flagged(figure, *flag)));
        let places = texts.into_iter().map(|text| self.place(text).to_string());
        match places.collect::<Vec<_>>().as_slice() {
            [] => String::new(),
            places => format!("({})", places.join(",")),
        }
    }

    /// The footnotes, one a line.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.texts
            .iter()
            .enumerate()
            .map(|(index, text)| format!("({}) {text}", index + 1))
    }

    fn place(&mut self, text: String) -> usize {
        let known = self.texts.iter().position(|known| *known == text);
        known.unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        }) + 1
    }

    /// Why a figure is not official: the operands that are not, or that it was recorded so.
    fn because(&self, figure: &Figure, quality: Quality, source: Source) -> Vec<String> {
        let language = self.language;
        let word = language.quality(quality);
        let Some(Quotient { numerator, denominator }) = figure.quotient.as_deref() else {
            return vec![match source {
                Source::NotPrinted => language
                    .choose(
                        "Số {word}, nguồn không công bố.",
                        "Recorded as {word}; the source does not print it.",
                    )
                    .replace("{word}", word),
                Source::Printed { .. } | Source::Silent => language
                    .choose("Được ghi nhận là số {word}.", "Recorded as {word}.")
                    .replace("{word}", word),
            }];
        };
        let weak = [numerator, denominator]
            .into_iter()
            .filter(|operand| operand.quality == Some(quality));
        weak.map(|operand| {
            language
                .choose("Dựa trên {what}, là số {word}.", "Rests on {what}, which is {word}.")
                .replace("{word}", word)
                .replace("{what}", &self.named(operand))
        })
        .collect()
    }

    /// An operand with its value, in the report's words where it has them.
    fn named(&self, operand: &Operand) -> String {
        let name = self
            .labels
            .get(&*operand.formula)
            .map_or(&*operand.formula, |label| self.language.of(label));
        match &operand.value {
            Ok(value) => format!("{name} = {}", self.language.bounded(value, operand.qualifier)),
            Err(_) => name.to_owned(),
        }
    }

    fn flagged(&self, figure: &Figure, flag: FigureFlag) -> String {
        let text = self.language.flag(flag);
        let detail = match flag {
            FigureFlag::CarriedForward => figure.carried_from.map(|day| day.to_string()),
            FigureFlag::DenominatorOtherPeriod => figure
                .quotient
                .as_ref()
                .map(|quotient| quotient.denominator.period.to_string()),
            FigureFlag::PartialPeriod
            | FigureFlag::PartialCoverage
            | FigureFlag::Unmatched
            | FigureFlag::OutOfRange
            | FigureFlag::CumulativeDecreased
            | FigureFlag::Restated
            | FigureFlag::Break => return text.to_owned(),
        };
        format!("{text} {}.", detail.as_deref().unwrap_or("?"))
    }
}
