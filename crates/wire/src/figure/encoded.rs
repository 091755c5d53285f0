//! Figures as bytes, both ways, without a message for each.

mod keys;
mod read;
mod write;

use almanac_model::Figure;
use bytes::Bytes;
use prost::Message;

use self::read::Reader;
use self::write::Writer;
use super::received::{FigureDecodeError, figure_from_proto};
use crate::calendar::Calendars;
use crate::pb::shared as pb;

/// What most figures take, in bytes.
const USUAL_BYTES: usize = 128;

/// The bytes of figures, each as prost writes those of [`figure_to_proto`](crate::figure_to_proto)'s message.
#[must_use]
pub fn encode_figures(figures: Vec<Figure>) -> Vec<Bytes> {
    let mut writer = Writer::default();
    let mut bytes = Vec::with_capacity(figures.len() * USUAL_BYTES);
    let mut ends = Vec::with_capacity(figures.len());
    for figure in figures {
        writer.write(figure, &mut bytes);
        ends.push(bytes.len());
    }
    let mut rest = Bytes::from(bytes);
    let mut before = 0;
    let each = ends.into_iter().map(|end| {
        let length = end - before;
        before = end;
        rest.split_to(length)
    });
    each.collect()
}

/// Adds the figures of such bytes to others, with the calendars of their answer. Most are read in place, the others as messages.
pub fn decode_figures(
    encoded: &[Bytes],
    calendars: &Calendars,
    figures: &mut Vec<Figure>,
) -> Result<(), FigureDecodeError> {
    let mut reader = Reader::new(calendars);
    figures.reserve(encoded.len());
    for bytes in encoded {
        figures.push(match reader.read(bytes) {
            Some(figure) => figure,
            None => figure_from_proto(pb::Figure::decode(bytes.as_ref())?, calendars)?,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
