//! Formulas: sums, differences, products, ratios, over metrics and over each other, and over other periods; as indicators of
//! the catalogue, and with a question.

use almanac_catalog::{Catalog, DenominatorJoin, Kind, MeasureId, Metric};
use almanac_indicator::AdHocFormula;
use almanac_model::{Decimal, IndicatorId};

use super::draft::{Draft, MAX_COST, MeasureSketch, cost_of};
use super::genes::{Choices, Gene};
use super::metrics::{DIMENSIONS, DOCUMENTATION, MetricSketch};

/// The file of the indicators, and all measures that a formula may name. Everything is counted in one unit, so that everything may be added.
pub(super) fn indicators(genes: &[Gene], metrics: &[MetricSketch]) -> (String, Vec<MeasureSketch>) {
    let mut known: Vec<MeasureSketch> = metrics
        .iter()
        .map(|metric| MeasureSketch {
            id: metric.id.clone(),
            dimensions: metric.dimensions.clone(),
            frequencies: vec![metric.frequency],
            has_stock: metric.is_stock,
            cost: cost_of(metric.frequency),
        })
        .collect();
    let mut texts: Vec<String> = Vec::new();
    for (index, gene) in genes.iter().enumerate() {
        let mut choices = Choices::of(gene);
        let mut draft = Draft::over(&known);
        let mut formula = draft.formula(&mut choices);
        if draft.cost(&formula) > MAX_COST {
            draft.named.truncate(1);
            draft.windows = 1;
            formula = draft
                .named
                .first()
                .map_or_else(|| "1".to_owned(), |measure| measure.id.clone());
        }
        let cost = draft.cost(&formula);
        let id = format!("i{index}");
        let named = draft.named;
        let optional: Vec<&str> = named
            .iter()
            .filter(|_| choices.once_in(6))
            .map(|measure| measure.id.as_str())
            .collect();
        let per = choices.of_values(["", "per = \"100\"\n", "per = \"0.5\"\n"]);
        let join = choices.of_values([
            "",
            "denominator = { latest_on_or_before = 1 }\n",
            "denominator = { latest_on_or_before = 3 }\n",
            "denominator = \"year_average\"\n",
            "denominator = \"year_average\"\n",
        ]);
        let (join, cost) = match join {
            "" => (join, cost),
            year if year.contains("year") && cost * 12 > MAX_COST => ("", cost),
            year if year.contains("year") => (join, cost * 12),
            latest => (latest, cost * 2),
        };
        let range = choices.of_values(["", "min = \"0\"\nmax = \"100\"\n"]);
        texts.push(format!(
            "[[indicator]]\nid = \"{id}\"\n{DOCUMENTATION}formula = \"{formula}\"\n{per}unit = \"thing\"\n\
             decimals = {}\n{range}optional = {optional:?}\n{join}\n",
            choices.below(4),
        ));
        let all_of = |part: fn(&MeasureSketch) -> &Vec<&'static str>| {
            let mut all: Vec<&'static str> = named.iter().flat_map(|measure| part(measure).clone()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        known.push(MeasureSketch {
            id,
            dimensions: all_of(|measure| &measure.dimensions),
            frequencies: all_of(|measure| &measure.frequencies),
            has_stock: named.iter().any(|measure| measure.has_stock),
            cost,
        });
    }
    (texts.concat(), known)
}

/// A formula that comes with a question; none when it is not one of the catalogue's units.
pub(super) fn ad_hoc(catalog: &Catalog, gene: &Gene) -> Option<AdHocFormula> {
    let mut choices = Choices::of(gene);
    let metrics = catalog.metrics().filter(|metric| metric.target_of.is_none());
    let metrics = metrics.map(|metric| MeasureId::Metric(metric.id.clone()));
    let indicators = catalog
        .indicators()
        .map(|indicator| MeasureId::Indicator(indicator.id.clone()));
    let known: Vec<MeasureSketch> = metrics.chain(indicators).map(|id| sketch(catalog, &id)).collect();
    let mut draft = Draft::over(&known);
    let text = match choices.below(4) {
        0 => draft.formula(&mut choices),
        1 => format!("{} / {}", draft.reference(&mut choices), draft.reference(&mut choices)),
        _ => {
            let text = draft.reference(&mut choices);
            draft.over_time(text, 0, &mut choices)
        }
    };
    let formula = catalog.formula(&text).ok().filter(|_| draft.cost(&text) <= MAX_COST)?;
    let cost = draft.cost(&text);
    let average = if cost * 12 > MAX_COST {
        DenominatorJoin::SamePeriod
    } else {
        DenominatorJoin::YearAverage
    };
    let named = formula
        .references()
        .into_iter()
        .map(|reference| reference.measure.clone());
    Some(AdHocFormula {
        id: IndicatorId::new("asked").ok()?,
        optional: named.filter(|_| choices.once_in(6)).collect(),
        per: choices.of_values([Decimal::new(1, 0), Decimal::new(100, 0)]),
        decimals: choices.of_values([2, 0, 4]),
        denominator: choices.of_values([
            DenominatorJoin::SamePeriod,
            DenominatorJoin::LatestOnOrBefore { limit: 2 },
            average,
            average,
        ]),
        formula,
    })
}

fn sketch(catalog: &Catalog, measure: &MeasureId) -> MeasureSketch {
    let ids = catalog.metrics_of(measure);
    let metrics: Vec<&Metric> = ids.iter().filter_map(|id| catalog.metric(id.as_str())).collect();
    let own = catalog.dimensions_of(measure);
    let dimensions = DIMENSIONS.iter().map(|(id, _)| *id);
    MeasureSketch {
        id: measure.to_string(),
        dimensions: dimensions
            .filter(|id| own.iter().any(|own| own.as_str() == *id))
            .collect(),
        frequencies: metrics.iter().map(|metric| metric.frequency.name()).collect(),
        has_stock: metrics.iter().any(|metric| metric.kind == Kind::Stock),
        cost: match measure {
            MeasureId::Metric(_) => metrics.first().map_or(1, |metric| cost_of(metric.frequency.name())),
            // an indicator may be anything
            MeasureId::Indicator(_) => 100,
        },
    }
}
