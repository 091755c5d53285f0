//! Whether a figure is the one that was printed.

use std::collections::BTreeMap;

use almanac_client::{Label, Report, ReportLine};
use almanac_model::{Decimal, Exact, Figure, Qualifier};

/// A report, each line with what its source printed.
#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub(crate) sections: Vec<Section>,
    /// Printed figures for which the report has no line.
    pub(crate) absent: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) label: Label,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) line: ReportLine,
    pub(crate) source: Source,
}

/// What the source says of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// It prints the figure.
    Printed {
        value: Decimal,
        qualifier: Qualifier,
        agrees: bool,
    },
    /// The figure was recorded although the source does not print it.
    NotPrinted,
    /// Nothing: the line is computed from others.
    Silent,
}

impl Review {
    fn sources(&self) -> impl Iterator<Item = Source> {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.map(|line| line.source)
    }

    /// How many figures the source printed.
    pub(crate) fn printed(&self) -> usize {
        let shown = self
            .sources()
            .filter(|source| matches!(source, Source::Printed { .. }))
            .count();
        shown + self.absent.len()
    }

    /// How many of them came out as printed.
    pub(crate) fn agreed(&self) -> usize {
        self.sources()
            .filter(|source| matches!(source, Source::Printed { agrees: true, .. }))
            .count()
    }
}

/// Sets a report beside the figures of its source.
pub(crate) fn compare(report: Report, figures: &[almanac_ca_mau::Figure]) -> Review {
    let mut sources: BTreeMap<&str, &almanac_ca_mau::Figure> =
        figures.iter().map(|figure| (figure.line.as_str(), figure)).collect();
    let mut beside = |line: ReportLine| Line {
        source: sources
            .remove(line.id.as_str())
            .map_or(Source::Silent, |figure| source_of(figure, &line.figure)),
        line,
    };
    let sections = report
        .sections
        .into_iter()
        .map(|section| Section {
            label: section.label,
            lines: section.lines.into_iter().map(&mut beside).collect(),
        })
        .collect();
    let absent = sources.into_values().filter(|figure| figure.published);
    Review {
        sections,
        absent: absent.map(|figure| figure.line.clone()).collect(),
    }
}

fn source_of(source: &almanac_ca_mau::Figure, figure: &Figure) -> Source {
    if !source.published {
        return Source::NotPrinted;
    }
    let qualifier = source
        .recorded
        .as_ref()
        .map_or(Qualifier::Exact, |recorded| recorded.event.qualifier);
    Source::Printed {
        value: source.value,
        qualifier,
        agrees: agrees(figure, source.value, qualifier),
    }
}

/// Whether a figure says what was printed: the same decimal number at the printed precision, and the same bound. A
/// figure that drops "over" is another figure.
fn agrees(figure: &Figure, printed: Decimal, qualifier: Qualifier) -> bool {
    let computed = figure
        .value
        .as_deref()
        .ok()
        .and_then(|text| text.parse::<Decimal>().ok());
    computed.is_some_and(|computed| {
        Exact::from(computed).to_decimal_string(printed.scale()) == printed.to_string() && figure.qualifier == qualifier
    })
}

#[cfg(test)]
mod tests {
    use almanac_model::MissingReason;

    use super::*;
    use crate::review::tests::figure;

    #[test]
    fn figures_are_compared_as_decimals_at_the_printed_precision() {
        for (computed, printed, expected) in [
            ("119.09", "119.09", true),
            ("119.09", "119.1", true),
            ("119.09", "119", true),
            ("119.10", "119.1", true),
            ("119.1", "119.10", true),
            ("119.09", "119.10", false),
            ("119.5", "119", false),
            ("6997084", "6997084", true),
            ("6997084", "6997085", false),
            ("-0.4", "0", true),
            // a double would take these for one number
            ("9007199254740993", "9007199254740992", false),
        ] {
            let printed: Decimal = printed.parse().unwrap();
            let figure = figure("m", Ok(computed));
            assert_eq!(
                agrees(&figure, printed, Qualifier::Exact),
                expected,
                "{computed} as {printed}"
            );
        }
    }

    #[test]
    fn a_figure_without_its_bound_or_without_a_value_does_not_agree() {
        let printed: Decimal = "90000000".parse().unwrap();
        let exact = figure("inspections.fines", Ok("90000000"));
        assert!(!agrees(&exact, printed, Qualifier::AtLeast));
        let missing = figure("inspections.fines", Err(MissingReason::NoRecord));
        assert!(!agrees(&missing, printed, Qualifier::Exact));
    }
}
