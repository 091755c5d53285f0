//! What is no batch is refused by name, and costs little.

use super::*;
use crate::Calendars;

type Spoil = fn(&mut pb::FigureBatch);

fn numerators(batch: &mut pb::FigureBatch) -> &mut pb::OperandColumns {
    batch.numerators.as_mut().unwrap()
}

fn extra(batch: &mut pb::FigureBatch, row: u32) -> &mut pb::FigureExtra {
    batch.extras.push(pb::FigureExtra {
        row,
        ..pb::FigureExtra::default()
    });
    batch.extras.last_mut().unwrap()
}

/// Each of the spoilt batches is refused with a text that begins so.
fn refused<const N: usize>(cases: [(Spoil, &str); N]) {
    let good = batch_of(&[of_2017("post.items", "10"), of_2017("post.items", "12")]);
    assert_eq!(
        figures_from_batch(good.clone(), &Calendars::default()).unwrap().len(),
        2
    );
    for (spoil, expected) in cases {
        let mut batch = good.clone();
        spoil(&mut batch);
        let error = figures_from_batch(batch, &Calendars::default())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error} is not {expected}");
    }
}

#[test]
fn a_column_without_a_value_for_each_row_is_refused() {
    refused([
        (|batch| batch.area.push(0), "column area has 3 rows where there are 2"),
        (|batch| batch.status.clear(), "column status has 0 rows"),
        (|batch| batch.value.truncate(1), "column value has 1 rows"),
        (|batch| batch.period.push(1), "column period has 3 rows"),
        (|batch| batch.reported = vec![1], "column reported has 1 rows"),
        (|batch| batch.expected = vec![1; 3], "column expected has 3 rows"),
        (|batch| batch.carried_from = vec![0], "column carried_from has 1 rows"),
        (
            |batch| batch.denominators = None,
            "column operand.value has 0 rows where there are 2",
        ),
        (
            |batch| numerators(batch).sources.push(0),
            "column operand.sources has 3 rows",
        ),
    ]);
}

#[test]
fn a_row_that_is_no_figure_is_refused() {
    refused([
        (|batch| batch.series_index[1] = 9, "series 9 is not in the table of 1"),
        (
            |batch| batch.area[0] = u32::MAX,
            "symbols 4294967295 is not in the table of",
        ),
        (|batch| batch.series[0].unit = 99, "symbols 99 is not"),
        (
            |batch| numerators(batch).sources[1] = 5,
            "sources 5 is not in the table of 1",
        ),
        (|batch| batch.sources[0].symbols[0] = 77, "symbols 77 is not"),
        (
            |batch| batch.series[0].dimensions.truncate(1),
            "a series has 1 dimension symbols",
        ),
        (
            |batch| batch.series[0].decimals = 19,
            "19 decimals; there are at most 18",
        ),
        (|batch| numerators(batch).decimals[0] = u32::MAX, "4294967295 decimals"),
        (
            |batch| batch.status[0] |= 15 << 4,
            "value 15 is not known to this version",
        ),
        (
            |batch| batch.status[0] |= 1 << 31,
            "flags 24 is not known to this version",
        ),
        (|batch| numerators(batch).status[0] |= 1 << 8, "operand.flags 1"),
        (|batch| batch.reported = vec![1, 0], "reported 1 is not known"),
        (|batch| batch.carried_from = vec![0, 1], "carried_from"),
        (
            |batch| {
                batch.series[0].combined = true;
                batch.symbols[batch.area[0] as usize] = "96++97".to_owned();
            },
            "combined_areas",
        ),
        (|batch| extra(batch, 2).rank = None, "an extra is of row 2"),
        (
            |batch| extra(batch, 0).value = Some("1".to_owned()),
            "row 0 has a value as text",
        ),
        (
            |batch| {
                extra(batch, 1);
                extra(batch, 0);
            },
            "an extra is of row 0",
        ),
        (
            |batch| {
                batch.series[0].quotient = false;
                (batch.numerators, batch.denominators) = (None, None);
                extra(batch, 1).numerator_value = Some("1".to_owned());
            },
            "row 1 has a value as text",
        ),
    ]);
}

#[test]
fn a_short_message_never_becomes_many_figures() {
    let mut batch = batch_of(&[of_2017("post.items", "10")]);
    batch.symbols[1] = "x".repeat(1 << 20);
    let rows = 100;
    for column in [
        &mut batch.series_index,
        &mut batch.area,
        &mut batch.period,
        &mut batch.status,
    ] {
        column.resize(rows, column[0]);
    }
    batch.value.resize(rows, 1);
    for side in [&mut batch.numerators, &mut batch.denominators].into_iter().flatten() {
        for column in [
            &mut side.decimals,
            &mut side.status,
            &mut side.period,
            &mut side.sources,
        ] {
            column.resize(rows, column[0]);
        }
        side.value.resize(rows, 1);
    }
    let refused = figures_from_batch(batch.clone(), &Calendars::default());
    assert_eq!(refused, Err(FigureBatchError::TooLong));
    batch.series_index = vec![0; MAX_BATCH_FIGURES + 1];
    let refused = figures_from_batch(batch, &Calendars::default());
    let rows = MAX_BATCH_FIGURES + 1;
    assert_eq!(refused, Err(FigureBatchError::TooMany { rows }));
}
