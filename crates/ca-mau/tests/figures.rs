//! The figures of 2017 fit the catalogue, and what is computed from them is what was published.

use std::collections::{BTreeMap, BTreeSet};

use almanac_ca_mau::{ANNUAL_REVIEW, Figure, Recorded, catalog, events_2017, figures_2017};
use almanac_catalog::{Catalog, Formula, MeasureId, Operator, Reference};
use almanac_model::{Code, DimensionId, Event, Exact, Measure, MetricId, Qualifier, Quality};
use jiff::civil::date;

fn everything() -> (Catalog, Vec<Figure>, Vec<Event>) {
    let catalog = catalog().expect("the embedded catalogue has no problems");
    let figures = figures_2017().expect("the embedded figures can be read");
    let recorded = events_2017().expect("the embedded figures can be read");
    (
        catalog,
        figures,
        recorded.into_iter().map(|recorded| recorded.event).collect(),
    )
}

type Filter = BTreeMap<DimensionId, BTreeSet<Code>>;

fn filter_of(figure: &Figure) -> Filter {
    let codes = figure.dimensions.iter();
    codes
        .map(|(dimension, code)| (dimension.clone(), BTreeSet::from([code.clone()])))
        .collect()
}

/// The sum of the recorded values of a metric that a filter lets through; `None` when there is none.
fn sum(events: &[Event], metric: &MetricId, filter: &Filter) -> Option<Exact> {
    let passes = |event: &&Event| {
        let codes = |dimension| event.dimensions.get(dimension);
        event.metric == *metric
            && filter
                .iter()
                .all(|(id, wanted)| codes(id).is_some_and(|code| wanted.contains(code)))
    };
    let values = events.iter().filter(passes).map(|event| match event.measure {
        Measure::Value(value) => Exact::from(value),
        Measure::Missing(reason) => panic!("{}: {reason}", event.metric),
    });
    values.reduce(|sum, value| &sum + &value)
}

/// The value of a formula over metrics, such as all formulas of the catalogue are.
fn evaluate(events: &[Event], formula: &Formula) -> Option<Exact> {
    match formula {
        Formula::Constant(number) => Some(Exact::from(*number)),
        Formula::Reference(Reference { measure, filter }) => match measure {
            MeasureId::Metric(metric) => sum(events, metric, filter),
            MeasureId::Indicator(id) => panic!("{id} is not a metric"),
        },
        Formula::Negate(inner) => evaluate(events, inner).map(|value| -&value),
        Formula::Over(..) => panic!("{formula} is over other periods"),
        Formula::Binary(operator, left, right) => {
            let (left, right) = (evaluate(events, left)?, evaluate(events, right)?);
            match operator {
                Operator::Add => Some(&left + &right),
                Operator::Subtract => Some(&left - &right),
                Operator::Multiply => Some(&left * &right),
                Operator::Divide => left.checked_div(&right),
            }
        }
    }
}

fn printed(catalog: &Catalog, events: &[Event], indicator: &str) -> Option<String> {
    let indicator = catalog.indicator(indicator)?;
    let value = &evaluate(events, &indicator.formula)? * &Exact::from(indicator.per);
    Some(value.to_decimal_string(indicator.decimals))
}

#[test]
fn every_figure_has_exactly_one_line_of_the_annual_review() {
    let (catalog, figures, events) = everything();
    let review = catalog.report(ANNUAL_REVIEW).unwrap();
    let lines: Vec<_> = review.sections.iter().flat_map(|section| &section.lines).collect();
    for figure in &figures {
        let named: Vec<_> = lines.iter().filter(|line| line.id == figure.line).collect();
        let [line] = named.as_slice() else {
            panic!("{} lines are named {:?}", named.len(), figure.line);
        };
        assert_eq!(line.measure, figure.measure, "{}", figure.line);
        for (dimension, codes) in &line.filter {
            assert!(
                codes.contains(&figure.dimensions[dimension]),
                "{} {dimension}",
                figure.line
            );
        }
        if let MeasureId::Metric(metric) = &line.measure {
            let shown = sum(&events, metric, &line.filter);
            assert_eq!(shown, Some(Exact::from(figure.value)), "{}", figure.line);
        }
    }
    let distinct: BTreeSet<&str> = figures.iter().map(|figure| figure.line.as_str()).collect();
    assert_eq!((figures.len(), distinct.len()), (33, 33));
}

#[test]
fn every_event_is_accepted_from_its_reporter() {
    let catalog = catalog().unwrap();
    for Recorded { reporter, event } in events_2017().unwrap() {
        let checked = catalog.check_event(&reporter, &event, date(2018, 1, 15));
        assert!(
            checked.is_ok(),
            "{} {:?}: {:?}",
            event.metric,
            event.dimensions,
            checked.err()
        );
    }
}

#[test]
fn totals_and_ratios_come_out_as_published() {
    let (catalog, figures, events) = everything();
    let computed = figures.iter().filter(|figure| figure.recorded.is_none());
    let mut count = 0;
    for figure in computed {
        let result = match &figure.measure {
            MeasureId::Metric(metric) => {
                sum(&events, metric, &filter_of(figure)).map(|total| total.to_decimal_string(0))
            }
            MeasureId::Indicator(indicator) => printed(&catalog, &events, indicator.as_str()),
        };
        assert_eq!(result, Some(figure.value.to_string()), "{}", figure.line);
        count += 1;
    }
    assert_eq!(count, 4 + 3, "four totals and three ratios");
}

#[test]
fn the_other_indicators_have_plausible_values() {
    let (catalog, _, events) = everything();
    for (indicator, value) in [
        ("eoffice.users_per_agency", "146.8"),
        ("inspections.fine_per_sanctioned", "5294118"),
        ("inspections.inspected_per_inspection", "16.0"),
        ("inspections.sanction_rate", "21.25"),
        ("internet.adsl_share", "5.89"),
        ("internet.fixed_broadband_density", "6.31"),
        ("internet.ftth_share", "23.76"),
        ("internet.mobile_share", "70.35"),
        ("internet.subscriptions_per_100", "21.30"),
        ("post.culture_point_share", "54.79"),
        ("post.inhabitants_per_service_point", "8374"),
        ("post.international_share", "0.27"),
        ("post.items_per_inhabitant", "5.72"),
        ("press.copies_per_100_inhabitants", "204.99"),
        ("telephone.fixed_density", "3.45"),
        ("telephone.mobile_density", "115.64"),
        ("telephone.mobile_share", "97.10"),
        ("telephone.mobile_subscriptions_per_user", "2.35"),
    ] {
        assert_eq!(
            printed(&catalog, &events, indicator).as_deref(),
            Some(value),
            "{indicator}"
        );
    }
}

#[test]
fn rule_24_what_was_expected_of_2017_is_what_was_published() {
    let (catalog, ..) = everything();
    let year = figures_2017().unwrap()[0].period;
    let mut expected = BTreeSet::new();
    for expectation in catalog.metrics().flat_map(|metric| catalog.expectations(&metric.id)) {
        let open = expectation.to.is_none_or(|to| year.last_day() < to);
        if expectation.from <= year.start() && open {
            let series =
                |cell: &BTreeMap<_, _>| (expectation.reporter.clone(), expectation.metric.clone(), cell.clone());
            expected.extend(expectation.cells.iter().map(series));
        }
    }
    let events = events_2017().unwrap().into_iter();
    let published = events
        .map(|it| (it.reporter, it.event.metric, it.event.dimensions))
        .collect();
    assert_eq!(expected, published);
}

#[test]
fn rule_23_only_the_inhabitants_are_estimated_and_only_the_fines_are_a_lower_bound() {
    let (_, figures, events) = everything();
    let estimated: Vec<&str> = (events.iter().filter(|event| event.quality != Quality::Official))
        .map(|event| event.metric.as_str())
        .collect();
    let bounded: Vec<_> = (events.iter().filter(|event| event.qualifier != Qualifier::Exact))
        .map(|event| (event.metric.as_str(), event.qualifier))
        .collect();
    let unpublished: Vec<&str> = (figures.iter().filter(|figure| !figure.published))
        .map(|figure| figure.line.as_str())
        .collect();
    assert_eq!(estimated, ["population.inhabitants"]);
    assert_eq!(bounded, [("inspections.fines", Qualifier::AtLeast)]);
    assert_eq!(unpublished, estimated);
}
