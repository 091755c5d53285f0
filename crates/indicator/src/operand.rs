//! The sides of a division as they are told: their formulas, their numbers and what these rest on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use almanac_catalog::Formula;
use almanac_model::{Operand, Period, ReporterId};

use crate::evaluate::Evaluation;
use crate::value::Value;

/// An operand is printed with at most so many decimals; the figure itself is computed from the exact number.
const OPERAND_DECIMALS: u8 = 12;

/// What figures say of a side.
#[derive(Clone, Debug)]
pub(crate) struct ToldSide {
    /// As it is written, with indicators written out.
    formula: Arc<str>,
    /// What the figure before rests on: nearly all figures of a question have it in common.
    before: RefCell<Option<Behind>>,
}

/// Who is behind the values of a side, and its sources as texts.
#[derive(Clone, Debug)]
struct Behind {
    /// Of each term that was read, by their places among the reporters of its metric.
    reporters: Vec<(usize, Rc<BTreeSet<usize>>)>,
    sources: Arc<[String]>,
}

impl ToldSide {
    pub(crate) fn new(formula: &Formula) -> Self {
        Self {
            formula: formula.to_string().into(),
            before: RefCell::default(),
        }
    }

    /// The sources of the definitions, then the reporters.
    fn sources(&self, terms: &[usize], evaluation: &Evaluation<'_>) -> Arc<[String]> {
        let read = evaluation.readings.iter();
        let read = read.filter(|reading| terms.contains(&reading.term));
        let reporters = read.clone().map(|reading| (reading.term, &reading.reporters));
        let mut before = self.before.borrow_mut();
        if let Some(before) = &*before
            && before
                .reporters
                .iter()
                .map(|(term, all)| (*term, all))
                .eq(reporters.clone())
        {
            return Arc::clone(&before.sources);
        }
        let metrics = terms.iter().map(|term| evaluation.plan.terms[*term].metric);
        let definitions = metrics.map(|metric| metric.documentation.source.as_str());
        let names = read
            .flat_map(|reading| evaluation.reporters(reading))
            .map(ReporterId::as_str);
        let sources: Arc<[String]> = each_once(definitions).chain(each_once(names)).collect();
        *before = Some(Behind {
            reporters: reporters.map(|(term, all)| (term, Rc::clone(all))).collect(),
            sources: Arc::clone(&sources),
        });
        sources
    }
}

/// A side with these terms as it was evaluated.
pub(crate) fn operand(
    (side, terms): (&ToldSide, &[usize]),
    (value, period): (&Value, Period),
    evaluation: &Evaluation<'_>,
) -> Operand {
    let number = value.outcome.as_ref();
    let printed = number.map(|number| number.to_short_string(OPERAND_DECIMALS));
    Operand {
        formula: Arc::clone(&side.formula),
        value: printed.map_err(|reason| *reason),
        period,
        sources: side.sources(terms, evaluation),
        quality: value.lineage.quality,
        qualifier: value.qualifier,
    }
}

/// Texts in their order.
fn each_once<'t>(texts: impl Iterator<Item = &'t str>) -> impl Iterator<Item = String> {
    let texts: BTreeSet<&str> = texts.collect();
    texts.into_iter().map(str::to_owned)
}
