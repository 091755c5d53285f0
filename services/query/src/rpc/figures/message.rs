//! The figures of one message, in the form that was asked for.

use almanac_model::Figure;
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{FigureBatchBuilder, figure_to_proto};
use prost::Message;

use crate::limits;
use crate::mistakes::Mistakes;
use crate::reason;

/// The figures of one message: it ends before it is larger than clients take.
pub(crate) trait FigureMessage: Default {
    /// How many there are.
    fn len(&self) -> usize;

    /// Makes room for so many more.
    fn reserve(&mut self, figures: usize);

    /// Adds a figure, unless it belongs into another message.
    fn add(&mut self, figure: Figure) -> bool;

    /// What a message of a stream has of them.
    fn into_response(self) -> pb::StreamIndicatorsResponse;
}

/// A message for each figure.
#[derive(Debug, Default)]
pub(crate) struct OneByOne {
    pub(crate) figures: Vec<shared::Figure>,
    bytes: usize,
}

impl FigureMessage for OneByOne {
    fn len(&self) -> usize {
        self.figures.len()
    }

    fn reserve(&mut self, figures: usize) {
        self.figures.reserve(figures);
    }

    fn add(&mut self, figure: Figure) -> bool {
        let figure = figure_to_proto(figure);
        self.bytes += figure.encoded_len();
        if self.bytes > limits::PAGE_BYTES && !self.figures.is_empty() {
            return false;
        }
        self.figures.push(figure);
        true
    }

    fn into_response(self) -> pb::StreamIndicatorsResponse {
        pb::StreamIndicatorsResponse {
            figures: self.figures,
            ..pb::StreamIndicatorsResponse::default()
        }
    }
}

/// Columns.
impl FigureMessage for FigureBatchBuilder {
    fn len(&self) -> usize {
        self.len()
    }

    fn reserve(&mut self, _: usize) {}

    fn add(&mut self, figure: Figure) -> bool {
        let has_room = !self.is_full();
        if has_room {
            self.push(figure);
        }
        has_room
    }

    fn into_response(self) -> pb::StreamIndicatorsResponse {
        pb::StreamIndicatorsResponse {
            columns: Some(self.finish()),
            ..pb::StreamIndicatorsResponse::default()
        }
    }
}

/// In which form figures are streamed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Figures,
    Columns,
}

impl Form {
    /// The form that a request asks for.
    pub(crate) fn from_proto(number: i32, mistakes: &mut Mistakes) -> Self {
        match pb::FigureForm::try_from(number) {
            Ok(pb::FigureForm::Unspecified | pb::FigureForm::Figures) => Self::Figures,
            Ok(pb::FigureForm::Columns) => Self::Columns,
            Err(_) => {
                mistakes.add("form", reason::UNKNOWN_FORM, || {
                    format!(
                        "there is no form {number}; give FIGURE_FORM_FIGURES (1), FIGURE_FORM_COLUMNS (2), or leave it out \
                         for a message for each figure"
                    )
                });
                Self::Figures
            }
        }
    }
}
