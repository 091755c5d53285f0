//! The figures of one message, in the form that was asked for.

use almanac_model::Figure;
use almanac_wire::pb::query as pb;
use almanac_wire::{FigureBatchBuilder, FiguresAnswer, encode_figures};
use bytes::Bytes;

use crate::limits;
use crate::mistakes::Mistakes;
use crate::reason;

/// The figures of one message: it ends before it is larger than clients take.
pub(crate) trait FigureMessage: Default {
    /// Figures made ready for a message.
    type Ready: Send + 'static;

    /// Makes figures ready, where they were computed.
    fn ready(figures: Vec<Figure>) -> Self::Ready;

    /// How many there are.
    fn len(&self) -> usize;

    /// Adds figures, as many as belong into this message. Whether these are all of them.
    fn add(&mut self, figures: Self::Ready) -> bool;

    /// What an answer has of them.
    fn into_answer(self) -> FiguresAnswer;
}

/// A message for each figure.
#[derive(Debug, Default)]
pub(crate) struct OneByOne {
    figures: Vec<Bytes>,
    bytes: usize,
}

impl FigureMessage for OneByOne {
    type Ready = Vec<Bytes>;

    fn ready(figures: Vec<Figure>) -> Vec<Bytes> {
        encode_figures(figures)
    }

    fn len(&self) -> usize {
        self.figures.len()
    }

    fn add(&mut self, figures: Vec<Bytes>) -> bool {
        self.figures.reserve(figures.len());
        for figure in figures {
            self.bytes += figure.len();
            if self.bytes > limits::PAGE_BYTES && !self.figures.is_empty() {
                return false;
            }
            self.figures.push(figure);
        }
        true
    }

    fn into_answer(self) -> FiguresAnswer {
        FiguresAnswer {
            figures: self.figures,
            ..FiguresAnswer::default()
        }
    }
}

/// Columns.
impl FigureMessage for FigureBatchBuilder {
    type Ready = Vec<Figure>;

    fn ready(figures: Vec<Figure>) -> Vec<Figure> {
        figures
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn add(&mut self, figures: Vec<Figure>) -> bool {
        for figure in figures {
            if self.is_full() {
                return false;
            }
            self.push(figure);
        }
        true
    }

    fn into_answer(self) -> FiguresAnswer {
        FiguresAnswer {
            columns: Some(self.finish()),
            ..FiguresAnswer::default()
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
