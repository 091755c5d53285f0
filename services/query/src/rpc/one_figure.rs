//! One figure of a question: what `ExplainFigure` and `ListVintages` are about.

use std::collections::BTreeMap;

use almanac_indicator::{FigureKey, NotOne, OneFigure};
use almanac_wire::pb::query as pb;

use crate::ask;
use crate::error::QueryError;
use crate::limits;
use crate::mistakes::{Mistakes, quoted};
use crate::reason;
use crate::replica::Moment;

/// The field of the question.
pub(super) const QUERY: &str = "query";

/// What a request says of the figure.
pub(super) struct Key<'a> {
    pub(super) query: Option<&'a pb::QueryIndicatorsRequest>,
    pub(super) indicator: &'a str,
    pub(super) area: &'a str,
    pub(super) period: &'a str,
    pub(super) dimensions: &'a BTreeMap<String, String>,
}

impl Key<'_> {
    /// The one figure of the question that has the key.
    pub(super) fn figure(&self, moment: &Moment, mut mistakes: Mistakes) -> Result<OneFigure, QueryError> {
        let Some(query) = self.query else {
            mistakes.add(QUERY, reason::REQUIRED, || {
                "give the question as for QueryIndicators, such as {\"indicators\": [\"telephone.density\"], \"areas\": [\"96\"], \
                 \"periods\": [\"2017\"]}"
                    .to_owned()
            });
            mistakes.refuse_any()?;
            return Err(QueryError::Broken);
        };
        let mut inner = Mistakes::default();
        let question = ask::question(query, moment, &mut inner).question;
        mistakes.add_all(inner, QUERY);
        self.check_dimensions(&mut mistakes);
        mistakes.refuse_any()?;
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let key = FigureKey {
            indicator: given(self.indicator),
            area: given(self.area),
            period: given(self.period),
            dimensions: self.dimensions.clone().into_iter().collect(),
        };
        OneFigure::choose(&moment.catalog, &question, &key).map_err(|not_one| match not_one {
            NotOne::Question(refusals) => QueryError::Refused(refusals).under(QUERY),
            NotOne::Key(refusals) => QueryError::Refused(refusals),
        })
    }

    fn check_dimensions(&self, mistakes: &mut Mistakes) {
        let found = self.dimensions.len();
        if found > limits::DIMENSIONS {
            mistakes.add("dimensions", reason::TOO_MANY, || {
                let named = self
                    .dimensions
                    .keys()
                    .min()
                    .map(|name| quoted(name))
                    .unwrap_or_default();
                format!(
                    "{found} are given, {named} among them; a figure has at most {}",
                    limits::DIMENSIONS
                )
            });
        }
    }
}
