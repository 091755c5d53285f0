//! Any formula is printed so that it is read again as the same; any text is read or refused.

use almanac_catalog::{Formula, MeasureId, Operator, Reference, TimeFunction, WindowOperator};
use almanac_model::{Code, Decimal, DimensionId, IndicatorId, MetricId, TimeUnit};
use proptest::prelude::*;

use crate::formulas::asked;

fn reference() -> impl Strategy<Value = Formula> {
    let filter = prop::collection::btree_set(prop::sample::select(vec!["sent", "received", "_X"]), 0..3);
    (prop::bool::ANY, filter).prop_map(|(metric, codes)| {
        let codes = codes.into_iter().map(|code| Code::new(code).unwrap());
        let codes: std::collections::BTreeSet<Code> = codes.collect();
        let direction = DimensionId::new("direction").unwrap();
        Formula::Reference(Reference {
            measure: if metric {
                MeasureId::Metric(MetricId::new("post.items").unwrap())
            } else {
                MeasureId::Indicator(IndicatorId::new("post.sent_share").unwrap())
            },
            filter: Some((direction, codes))
                .filter(|(_, codes)| !codes.is_empty())
                .into_iter()
                .collect(),
        })
    })
}

fn formula() -> impl Strategy<Value = Formula> {
    let constant =
        (0..1_000_000_i128, 0..6_u8).prop_map(|(units, scale)| Formula::Constant(Decimal::new(units, scale)));
    // only * and / of anything, + and - of constants: other sums are refused for their units
    let sum = prop::collection::vec((prop::bool::ANY, constant.clone()), 1..5).prop_map(|terms| {
        let zero = Formula::Constant(Decimal::new(0, 0));
        terms.into_iter().fold(zero, |left, (add, right)| {
            let operator = if add { Operator::Add } else { Operator::Subtract };
            Formula::Binary(operator, Box::new(left), Box::new(right))
        })
    });
    prop_oneof![constant, sum, reference()].prop_recursive(6, 40, 2, |inner| {
        let operator = prop::sample::select(vec![Operator::Multiply, Operator::Divide]);
        prop_oneof![
            inner.clone().prop_map(|inner| Formula::Negate(Box::new(inner))),
            (function(), inner.clone()).prop_map(|(function, inner)| Formula::Over(function, Box::new(inner))),
            inner.clone().prop_map(|inner| Formula::Binary(
                Operator::Add,
                Box::new(inner.clone()),
                Box::new(inner.clone())
            )),
            inner.clone().prop_map(|inner| {
                let both = Formula::Binary(Operator::Subtract, Box::new(inner.clone()), Box::new(inner.clone()));
                Formula::Binary(Operator::Subtract, Box::new(inner), Box::new(both))
            }),
            (operator, inner.clone(), inner)
                .prop_map(|(operator, left, right)| { Formula::Binary(operator, Box::new(left), Box::new(right)) }),
        ]
    })
}

/// Everything but a moving sum, which is refused of a stock.
fn function() -> impl Strategy<Value = TimeFunction> {
    let unit = || prop::sample::select(TimeUnit::ALL.to_vec());
    let operator = || prop::sample::select(vec![WindowOperator::Average, WindowOperator::Min, WindowOperator::Max]);
    let count = prop_oneof![-1000..=-1_i32, 1..=1000_i32];
    prop_oneof![
        (count, unit()).prop_map(|(count, unit)| TimeFunction::Shift { count, unit }),
        Just(TimeFunction::YearToDate),
        (operator(), 1..=366_u16, unit()).prop_map(|(operator, count, unit)| TimeFunction::Moving {
            operator,
            count,
            unit
        }),
        (operator(), unit()).prop_map(|(operator, unit)| TimeFunction::By { operator, unit }),
    ]
}

fn operations(formula: &Formula) -> usize {
    match formula {
        Formula::Binary(_, left, right) => 1 + operations(left) + operations(right),
        Formula::Negate(inner) | Formula::Over(_, inner) => operations(inner),
        Formula::Constant(_) | Formula::Reference(_) => 0,
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(formula in formula()) {
        let text = formula.to_string();
        prop_assume!(text.len() <= 4096 && operations(&formula) <= 256);
        let again = asked(&text);
        prop_assert_eq!(again.map_err(|errors| errors[0].to_string()), Ok(formula));
    }

    #[test]
    fn garbage_is_refused_without_panic(text in "\\PC*") {
        let _ = asked(&text);
    }

    #[test]
    fn near_formulas_are_refused_without_panic(text in "[a-z0-9.{}()='+*/, -]{0,40}|((shift|ytd|avg|moving_sum)\\(|post.items|, |-|12| months?| by |\\)){0,9}|(post.items|\\(|\\)|'|\\{direction|=|in|sent|\\}| ){0,12}") {
        let _ = asked(&text);
    }
}
