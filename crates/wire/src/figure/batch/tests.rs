//! Figures into columns and back.

mod hostile;

use std::collections::BTreeSet;

use almanac_model::{FigureRank, Qualifier, Quality};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::figure::samples::{calendars, figure};
use crate::figure::{figure_from_proto, figure_to_proto};

fn batch_of(figures: &[Figure]) -> pb::FigureBatch {
    let mut batch = FigureBatchBuilder::default();
    for figure in figures {
        batch.push(figure.clone());
    }
    assert_eq!(batch.len(), figures.len());
    let most_bytes = batch.most_bytes();
    let message = batch.finish();
    assert!(
        message.encoded_len() <= most_bytes,
        "{} > {most_bytes}",
        message.encoded_len()
    );
    message
}

/// What arrives of figures that are sent one by one.
fn friendly(figures: Vec<Figure>) -> Vec<Figure> {
    let sent = figures.into_iter().map(figure_to_proto);
    sent.map(|figure| figure_from_proto(figure, &calendars()).unwrap())
        .collect()
}

proptest! {
    #[test]
    fn columns_say_what_figures_say_one_by_one(figures in vec(figure(), 0..20)) {
        let bytes = batch_of(&figures).encode_to_vec();
        let received = figures_from_batch(pb::FigureBatch::decode(&bytes[..]).unwrap(), &calendars());
        prop_assert_eq!(received, Ok(friendly(figures)));
    }

    #[test]
    fn damaged_columns_are_figures_or_refused(
        figures in vec(figure(), 1..6), changes in vec((any::<Index>(), any::<u8>()), 1..6), cut in any::<Index>(),
    ) {
        let mut bytes = batch_of(&figures).encode_to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        for bytes in [bytes.as_slice(), &bytes[..cut.index(bytes.len())]] {
            if let Ok(batch) = pb::FigureBatch::decode(bytes) {
                let rows = batch.series_index.len();
                if let Ok(figures) = figures_from_batch(batch, &calendars()) {
                    prop_assert_eq!(figures.len(), rows);
                }
            }
        }
    }
}

fn of_2017(measure: &str, value: &str) -> Figure {
    let operand = |formula: &str| Operand {
        formula: formula.into(),
        value: Ok("2.5".to_owned()),
        period: "2016".parse().unwrap(),
        sources: ["a law".to_owned()].into(),
        quality: Some(Quality::Official),
        qualifier: Qualifier::Exact,
    };
    Figure {
        measure: measure.into(),
        area: "96".parse::<almanac_model::AreaId>().unwrap().into(),
        period: "2017".parse().unwrap(),
        dimensions: BTreeMap::from([("service".to_owned(), "mobile".to_owned())]),
        value: Ok(value.to_owned()),
        unit: "item".into(),
        quality: Some(Quality::Official),
        qualifier: Qualifier::Exact,
        quotient: Some(Box::new(Quotient {
            numerator: operand("a"),
            denominator: operand("b"),
        })),
        coverage: None,
        flags: BTreeSet::new(),
        carried_from: None,
        comparisons: Vec::new(),
        share: None,
        rank: None,
    }
}

#[test]
fn a_batch_is_full_by_figures_by_bytes_and_by_texts() {
    let filled = |figure: &Figure| {
        let mut batch = FigureBatchBuilder::default();
        assert!(batch.is_empty());
        while !batch.is_full() {
            batch.push(figure.clone());
        }
        (batch.len(), batch.finish().encoded_len())
    };
    let plain = of_2017("post.items", "1456018");
    let (figures, bytes) = filled(&plain);
    assert_eq!(figures, MAX_BATCH_FIGURES);
    assert!(bytes < 20 * figures, "{bytes}");

    let rank = FigureRank {
        by: "x".repeat(5_000),
        position: 1,
        of: 1,
        tied: false,
        bounded: false,
        parent: None,
    };
    let (figures, bytes) = filled(&Figure {
        rank: Some(rank.into()),
        ..plain.clone()
    });
    assert!(
        figures < 220 && bytes < FULL_BYTES + 10_000,
        "{figures} figures, {bytes} bytes"
    );

    // the areas of a sum are in the message once, and once for each figure in whoever reads it
    let areas = (0..5_000).map(|area| format!("area-{area}").parse().unwrap());
    let (figures, bytes) = filled(&Figure {
        area: FigureArea::Sum(areas.collect()),
        ..plain
    });
    assert!(figures < 800 && bytes < 100_000, "{figures} figures, {bytes} bytes");
}
