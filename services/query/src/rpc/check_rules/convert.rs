//! Findings as protobuf has them.

use std::collections::BTreeMap;

use almanac_catalog::{Label, Severity};
use almanac_indicator::{Finding, FindingKind, RuleSide, Unchecked, UncheckedReason, Violation};
use almanac_model::RuleId;
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{flag_to_proto, label_to_proto, missing_to_proto, qualifier_to_proto, quality_to_proto};

/// One of the two lists of an answer.
pub(super) enum Found {
    Violation(Box<pb::RuleViolation>),
    Unchecked(Box<pb::UncheckedRule>),
}

pub(super) fn found(finding: Finding, labels: &BTreeMap<&RuleId, &Label>) -> Found {
    let Finding {
        rule,
        severity,
        area,
        period,
        dimensions,
        kind,
    } = finding;
    let label = labels.get(&rule).map(|label| label_to_proto(label));
    let severity = severity_to_proto(severity).into();
    let (rule, area, period) = (rule.to_string(), area.to_string(), period.to_string());
    match kind {
        FindingKind::Violation(violation) => {
            let Violation {
                left,
                right,
                difference,
                limit,
                message,
            } = *violation;
            Found::Violation(Box::new(pb::RuleViolation {
                rule,
                label,
                severity,
                area,
                period,
                dimensions,
                left: Some(side_to_proto(left)),
                right: Some(side_to_proto(right)),
                difference,
                limit,
                message,
            }))
        }
        FindingKind::Unchecked(Unchecked { reason, sides, message }) => {
            let (reason, refusal) = reason_to_proto(reason);
            Found::Unchecked(Box::new(pb::UncheckedRule {
                rule,
                label,
                severity,
                area,
                period,
                dimensions,
                reason: reason.into(),
                refusal: refusal.to_owned(),
                sides: sides.into_iter().map(side_to_proto).collect(),
                message,
            }))
        }
    }
}

const fn severity_to_proto(severity: Severity) -> pb::Severity {
    match severity {
        Severity::Error => pb::Severity::Error,
        Severity::Warning => pb::Severity::Warning,
    }
}

const fn reason_to_proto(reason: UncheckedReason) -> (pb::UncheckedReason, &'static str) {
    match reason {
        UncheckedReason::Missing => (pb::UncheckedReason::Missing, ""),
        UncheckedReason::Refused(refusal) => (pb::UncheckedReason::Refused, refusal.as_str()),
        UncheckedReason::NotComparable => (pb::UncheckedReason::NotComparable, ""),
        UncheckedReason::Bounded => (pb::UncheckedReason::Bounded, ""),
        UncheckedReason::BaseNotPositive => (pb::UncheckedReason::BaseNotPositive, ""),
        UncheckedReason::TooFewValues => (pb::UncheckedReason::TooFewValues, ""),
    }
}

fn side_to_proto(side: RuleSide) -> pb::RuleSide {
    let RuleSide {
        formula,
        period,
        value,
        quality,
        qualifier,
        flags,
    } = side;
    let missing = value.as_ref().err().map(|reason| missing_to_proto(*reason));
    let qualifier = value.as_ref().ok().map(|_| qualifier_to_proto(qualifier));
    pb::RuleSide {
        formula,
        period: period.map(|period| period.to_string()).unwrap_or_default(),
        missing: missing.unwrap_or(shared::MissingReason::Unspecified).into(),
        qualifier: qualifier.unwrap_or(shared::Qualifier::Unspecified).into(),
        value: value.ok(),
        quality: quality.map_or(shared::Quality::Unspecified, quality_to_proto).into(),
        flags: flags.into_iter().map(|flag| flag_to_proto(flag).into()).collect(),
    }
}
