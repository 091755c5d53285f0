//! Figures into bytes and back, beside those of messages.

use almanac_model::{AreaId, FigureArea, FigureFlag};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::figure::samples::{calendars, figure};
use crate::figure_to_proto;

fn as_messages(figures: &[Figure]) -> Vec<Bytes> {
    let messages = figures.iter().cloned().map(figure_to_proto);
    messages.map(|message| message.encode_to_vec().into()).collect()
}

/// What comes of bytes that are read as messages.
fn of_messages(encoded: &[Bytes]) -> Result<Vec<Figure>, FigureDecodeError> {
    let each = encoded.iter();
    each.map(|bytes| figure_from_proto(pb::Figure::decode(bytes.as_ref())?, &calendars()))
        .collect()
}

fn decoded(encoded: &[Bytes]) -> Result<Vec<Figure>, FigureDecodeError> {
    let mut figures = Vec::new();
    decode_figures(encoded, &calendars(), &mut figures).map(|()| figures)
}

/// Without what is never read in place.
fn plain(figure: Figure) -> Figure {
    let area: AreaId = figure.area.areas()[0].clone();
    Figure {
        area: FigureArea::One(area),
        comparisons: Vec::new(),
        share: None,
        rank: None,
        coverage: figure
            .coverage
            .filter(|coverage| coverage.reported.max(coverage.expected) < 1_000),
        ..figure
    }
}

proptest! {
    #[test]
    fn figures_are_the_bytes_of_their_messages(figures in vec(figure(), 0..8)) {
        prop_assert_eq!(encode_figures(figures.clone()), as_messages(&figures));
    }

    #[test]
    fn bytes_are_read_as_their_messages_are(figures in vec(figure(), 0..8)) {
        let encoded = as_messages(&figures);
        prop_assert_eq!(decoded(&encoded), of_messages(&encoded));
    }

    #[test]
    fn plain_figures_are_read_in_place(figure in figure().prop_map(plain)) {
        let calendars = calendars();
        let encoded = encode_figures(vec![figure]);
        let read = Reader::new(&calendars).read(&encoded[0]);
        prop_assert_eq!(read.map(|figure| vec![figure]), of_messages(&encoded).ok());
    }

    #[test]
    fn damaged_bytes_are_read_or_refused_as_their_messages_are(
        figures in vec(figure().prop_map(plain), 1..4), changes in vec((any::<Index>(), any::<u8>()), 1..4), cut in any::<Index>(),
    ) {
        let mut bytes = as_messages(&figures).concat();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let mut first = as_messages(&figures)[0].to_vec();
        let place = cut.index(first.len());
        first[place] = bytes[place];
        for damaged in [&bytes[..], &bytes[..cut.index(bytes.len())], &first] {
            let damaged = [Bytes::copy_from_slice(damaged)];
            prop_assert_eq!(decoded(&damaged), of_messages(&damaged));
        }
    }
}

#[test]
fn fields_in_another_order_or_twice_are_read_as_messages() {
    let plain = pb::Figure {
        indicator: "post.items".to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        value: Some("1456018".to_owned()),
        flags: vec![pb::FigureFlag::Break.into()],
        ..pb::Figure::default()
    };
    let later = pb::Figure {
        period: "2018".to_owned(),
        flags: vec![pb::FigureFlag::Restated.into()],
        ..pb::Figure::default()
    };
    let bytes = [plain.encode_to_vec(), later.encode_to_vec()].concat();
    let figures = decoded(&[bytes.into()]).unwrap();
    assert_eq!(figures[0].period, "2018".parse().unwrap());
    assert!(figures[0].flags.iter().eq(&[FigureFlag::Restated, FigureFlag::Break]));
}
