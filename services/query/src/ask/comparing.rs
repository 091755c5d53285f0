//! What the figures of a question are compared with.

use almanac_indicator::{Base, Comparing};
use almanac_wire::pb::{query as pb, shared};

use super::group_key;
use crate::names::Names;
use crate::{limits, reason};

/// The comparisons of a question; those in which there is a mistake are left out.
pub(super) fn comparisons(asked: &[pb::ComparisonRequest], names: &mut Names<'_, '_>) -> Vec<Comparing> {
    if !names.at_most("comparisons", asked.len(), limits::COMPARISONS) {
        return Vec::new();
    }
    let asked = asked.iter().enumerate();
    asked
        .filter_map(|(index, comparison)| comparing(index, comparison, names))
        .collect()
}

fn comparing(index: usize, comparison: &pb::ComparisonRequest, names: &mut Names<'_, '_>) -> Option<Comparing> {
    let pb::ComparisonRequest {
        kind: _,
        base_period,
        contribution_of,
        like_for_like,
    } = comparison;
    let base = base(index, comparison.kind(), base_period, names);
    let field = format!("comparisons[{index}].contribution_of");
    let contribution_of = (!contribution_of.is_empty()).then(|| group_key(names, &field, contribution_of));
    Some(Comparing {
        base: base?,
        contribution_of: contribution_of.flatten(),
        like_for_like: *like_for_like,
    })
}

/// A named base goes with its kind, and with no other.
fn base(index: usize, kind: shared::ComparisonKind, text: &str, names: &mut Names<'_, '_>) -> Option<Base> {
    let field = format!("comparisons[{index}].base_period");
    match kind {
        shared::ComparisonKind::Base => names.period(&field, text).map(Base::Period),
        shared::ComparisonKind::Unspecified => {
            let message = || {
                use shared::ComparisonKind::{Base, PreviousPeriod, SamePeriodLastYear, Target};
                let kinds = [PreviousPeriod, SamePeriodLastYear, Base, Target].map(|kind| kind.as_str_name());
                format!("give one of {}", kinds.join(", "))
            };
            let field = format!("comparisons[{index}].kind");
            names.mistakes.add(field, reason::REQUIRED, message);
            None
        }
        _ if !text.is_empty() => {
            let message =
                || "a base period goes with COMPARISON_KIND_BASE; leave it out, or ask for that kind".to_owned();
            names.mistakes.add(&field, reason::CONFLICT, message);
            None
        }
        shared::ComparisonKind::PreviousPeriod => Some(Base::PreviousPeriod),
        shared::ComparisonKind::SamePeriodLastYear => Some(Base::SamePeriodLastYear),
        shared::ComparisonKind::Target => Some(Base::Target),
    }
}
