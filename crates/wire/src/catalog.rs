//! Definitions, as answers show them.

use almanac_catalog::{
    Area, Break, Catalog, CatalogFiles, DenominatorJoin, Dimension, Documentation, Extent, Indicator, Kind, Label,
    Method, Metric, Range, SumOperator, TimeOperator, Transition, Unit,
};
use almanac_model::UnitId;
use jiff::civil::Date;

use crate::calendar::frequency_to_proto;
use crate::pb::shared as pb;

/// The files of a catalogue. A name that is given twice keeps the last text.
#[must_use]
pub fn bundle_from_proto(bundle: pb::CatalogBundle) -> CatalogFiles {
    bundle
        .files
        .into_iter()
        .map(|pb::CatalogFile { name, content }| (name, content))
        .collect()
}

/// The files of a catalogue, sorted by name.
#[must_use]
pub fn bundle_to_proto(files: &CatalogFiles) -> pb::CatalogBundle {
    let file = |(name, content): (&str, &str)| pb::CatalogFile {
        name: name.to_owned(),
        content: content.to_owned(),
    };
    pb::CatalogBundle {
        files: files.iter().map(file).collect(),
    }
}

/// A text in both languages.
#[must_use]
pub fn label_to_proto(label: &Label) -> pb::Label {
    pb::Label {
        vi: label.vi.clone(),
        en: label.en.clone(),
    }
}

/// Label, definition, source, owner.
#[must_use]
pub fn documentation_to_proto(documentation: &Documentation) -> pb::Documentation {
    let Documentation {
        label,
        definition,
        source,
        owner,
    } = documentation;
    pb::Documentation {
        label: Some(label_to_proto(label)),
        definition: Some(label_to_proto(definition)),
        source: source.clone(),
        owner: owner.clone(),
    }
}

/// A text in both languages, as it was received; empty where it was not sent.
#[must_use]
pub fn label_from_proto(label: Option<pb::Label>) -> Label {
    let pb::Label { vi, en } = label.unwrap_or_default();
    Label { vi, en }
}

/// Label, definition, source, owner, as they were received; empty where they were not sent.
#[must_use]
pub fn documentation_from_proto(documentation: Option<pb::Documentation>) -> Documentation {
    let pb::Documentation {
        label,
        definition,
        source,
        owner,
    } = documentation.unwrap_or_default();
    Documentation {
        label: label_from_proto(label),
        definition: label_from_proto(definition),
        source,
        owner,
    }
}

/// A unit of the catalogue.
#[must_use]
pub fn unit_to_proto(unit: &UnitId, catalog: &Catalog) -> pb::Unit {
    let defined = catalog.unit(unit.as_str());
    pb::Unit {
        id: unit.to_string(),
        label: defined.map(|Unit { label, .. }| label_to_proto(label)),
        percentage: defined.is_some_and(|unit| unit.percentage),
    }
}

/// A metric.
#[must_use]
pub fn metric_to_proto(metric: &Metric, catalog: &Catalog) -> pb::Metric {
    let Range { min, max } = metric.range;
    let (frequency, calendar) = frequency_to_proto(metric.frequency);
    pb::Metric {
        id: metric.id.to_string(),
        documentation: Some(documentation_to_proto(&metric.documentation)),
        kind: kind_to_proto(metric.kind).into(),
        method: method_to_proto(metric.method).into(),
        unit: Some(unit_to_proto(&metric.unit, catalog)),
        decimals: Some(i32::from(metric.decimals)),
        dimensions: metric.dimensions.iter().map(ToString::to_string).collect(),
        frequency: frequency.into(),
        time_operator: operator_to_proto(metric.time).into(),
        additive: Some(metric.sum == SumOperator::Sum),
        levels: metric
            .levels
            .iter()
            .map(|collected| pb::CollectionLevel {
                level: collected.level.to_string(),
                from_date: text(collected.from),
                to_date: text(collected.to),
            })
            .collect(),
        carry_forward: Some(i32::try_from(metric.carry_forward).unwrap_or(i32::MAX)),
        min: text(min),
        max: text(max),
        calendar,
        cumulative: metric.cumulative,
        target_of: text(metric.target_of.as_ref()),
        breaks: metric.breaks.iter().map(break_to_proto).collect(),
    }
}

fn break_to_proto(one: &Break) -> pb::Break {
    let Break { date, label, source } = one;
    pb::Break {
        date: date.to_string(),
        label: Some(label_to_proto(label)),
        source: source.clone(),
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

const fn kind_to_proto(kind: Kind) -> pb::MetricKind {
    match kind {
        Kind::Flow => pb::MetricKind::Flow,
        Kind::Stock => pb::MetricKind::Stock,
    }
}

const fn method_to_proto(method: Method) -> pb::MetricMethod {
    match method {
        Method::Tally => pb::MetricMethod::Tally,
        Method::Report => pb::MetricMethod::Report,
    }
}

/// The operator as generated code has it.
#[must_use]
pub const fn operator_to_proto(operator: TimeOperator) -> pb::TimeOperator {
    match operator {
        TimeOperator::Sum => pb::TimeOperator::Sum,
        TimeOperator::Last => pb::TimeOperator::Last,
        TimeOperator::First => pb::TimeOperator::First,
        TimeOperator::Average => pb::TimeOperator::Average,
        TimeOperator::Min => pb::TimeOperator::Min,
        TimeOperator::Max => pb::TimeOperator::Max,
    }
}

/// An indicator.
#[must_use]
pub fn indicator_to_proto(indicator: &Indicator, catalog: &Catalog) -> pb::Indicator {
    let Range { min, max } = indicator.range;
    pb::Indicator {
        id: indicator.id.to_string(),
        documentation: Some(documentation_to_proto(&indicator.documentation)),
        formula: indicator.formula.to_string(),
        per: indicator.per.to_string(),
        unit: Some(unit_to_proto(&indicator.unit, catalog)),
        decimals: Some(i32::from(indicator.decimals)),
        denominator_join: match indicator.denominator {
            DenominatorJoin::SamePeriod => "same period".to_owned(),
            DenominatorJoin::YearAverage => {
                "average, weighted by days, of the year in which the period ends".to_owned()
            }
            DenominatorJoin::LatestOnOrBefore { limit } => {
                format!("latest on or before the end of the period, at most {limit} periods of its own back")
            }
        },
        min: text(min),
        max: text(max),
    }
}

/// A dimension or a grouping of areas, with its codes.
#[must_use]
pub fn dimension_to_proto(dimension: &Dimension, catalog: &Catalog) -> pb::Dimension {
    let code = |item: &almanac_catalog::CodeItem| pb::Code {
        code: item.code.to_string(),
        label: Some(label_to_proto(&item.label)),
    };
    pb::Dimension {
        id: dimension.id.to_string(),
        documentation: Some(documentation_to_proto(&dimension.documentation)),
        codes: dimension.codes.iter().map(code).collect(),
        grouping: Some(catalog.grouping(dimension.id.as_str()).is_some()),
    }
}

/// An area with what became of it.
#[must_use]
pub fn area_to_proto(area: &Area, catalog: &Catalog) -> pb::Area {
    let parent = |stretch: &almanac_catalog::DatedParent| pb::DatedParent {
        parent: text(stretch.parent.as_ref()),
        from_date: stretch.from.to_string(),
        to_date: text(stretch.to),
    };
    let successors = catalog
        .transitions()
        .iter()
        .filter(|transition| transition.from == area.id);
    pb::Area {
        id: area.id.to_string(),
        code: area.code.clone(),
        name: area.name.clone(),
        level: area.level.to_string(),
        parents: area.parents.iter().map(parent).collect(),
        successors: successors.map(transition_to_proto).collect(),
    }
}

/// What became of an area.
#[must_use]
pub fn transition_to_proto(transition: &Transition) -> pb::Transition {
    let Transition {
        from: _,
        to,
        date,
        extent,
    } = transition;
    let weight = match extent {
        Extent::Part(Some(weight)) => Some(weight),
        Extent::Whole | Extent::Part(None) => None,
    };
    pb::Transition {
        to_area: to.to_string(),
        date: Date::to_string(date),
        whole: Some(*extent == Extent::Whole),
        weight: text(weight.map(|weight| &weight.share)),
        weight_source: weight.map(|weight| weight.source.clone()).unwrap_or_default(),
    }
}
