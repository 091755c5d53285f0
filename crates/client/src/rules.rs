//! A question for the rules that do not hold, and its answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use almanac_catalog::{Label, Severity};
use almanac_model::{AreaId, FigureFlag, Granularity, MissingReason, Period, Qualifier, Quality, RuleId};
use almanac_wire::pb::query as pb;
use almanac_wire::{
    Calendars, flag_from_proto, granularity_to_proto, label_from_proto, period_from_proto, qualifier_from_proto,
    quality_from_proto, value_from_proto,
};

use crate::convert::{answered_at, calendars, parsed};
use crate::{AnswerError, AnsweredAt, ClientError, QueryClient, ReadAt};

/// A question for rules that do not hold. Begun by [`QueryClient::check_rules`], answered by [`Self::fetch`].
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until it is fetched"]
pub struct RulesQuestion<'a> {
    client: &'a QueryClient,
    request: pb::CheckRulesRequest,
}

/// What all checks found, at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesAnswer {
    /// Rules that do not hold.
    pub violations: Vec<RuleViolation>,
    /// Checks that could not be made: whether these rules hold is not known.
    pub unchecked: Vec<UncheckedRule>,
    /// How many checks were made.
    pub checked_count: u64,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// What was checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleCheckOf {
    /// The rule; for a declared range, the metric or indicator.
    pub rule: RuleId,
    /// The rule's name.
    pub label: Label,
    /// How bad it is when the rule does not hold.
    pub severity: Severity,
    /// Where.
    pub area: AreaId,
    /// When.
    pub period: Period,
    /// The codes of the dimensions that the rule groups by.
    pub dimensions: BTreeMap<String, String>,
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleViolation {
    /// What was checked.
    pub of: RuleCheckOf,
    /// The value that is judged.
    pub left: RuleSide,
    /// What it is judged by.
    pub right: RuleSide,
    /// Left minus right; for a jump the change in percent, for an outlier the modified z-score.
    pub difference: String,
    /// The greatest difference that is in order.
    pub limit: String,
    /// All of it in a sentence.
    pub message: String,
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct UncheckedRule {
    /// What was to be checked.
    pub of: RuleCheckOf,
    /// Why not, such as `MISSING`; with `REFUSED` see `refusal`.
    pub reason: String,
    /// The reason with which a question for a side is refused, such as `PERIOD_TOO_FINE`; otherwise empty.
    pub refusal: String,
    /// What is there of the two sides.
    pub sides: Vec<RuleSide>,
    /// All of it in a sentence.
    pub message: String,
}

/// One side of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleSide {
    /// A formula, or what else it is.
    pub formula: String,
    /// Its period; `None` for what is no figure.
    pub period: Option<Period>,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// How final it is.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// What to know before using it.
    pub flags: BTreeSet<FigureFlag>,
}

impl<'a> RulesQuestion<'a> {
    pub(crate) fn new(client: &'a QueryClient) -> Self {
        let request = pb::CheckRulesRequest::default();
        Self { client, request }
    }

    /// Only this rule, and those of other calls. All without one.
    pub fn rule(mut self, rule: impl Display) -> Self {
        self.request.rules.push(rule.to_string());
        self
    }

    /// Also for this area.
    pub fn area(mut self, area: impl Display) -> Self {
        self.request.areas.push(area.to_string());
        self
    }

    /// For all areas of a level that lie under an area at the end of each period. Instead of [`Self::area`].
    pub fn areas_under(mut self, area: impl Display, level: impl Display) -> Self {
        self.request.areas_under = area.to_string();
        self.request.level = level.to_string();
        self
    }

    /// Also for this period, `2017`, or for these, `2015..2017`; of a calendar, `health:2017-Q3`; in words, `last month`.
    pub fn period(mut self, period: impl Display) -> Self {
        self.request.periods.push(period.to_string());
        self
    }

    /// The periods cut into periods of this kind, in their own calendar.
    pub fn granularity(mut self, granularity: Granularity) -> Self {
        self.request.granularity = granularity_to_proto(granularity).into();
        self
    }

    /// The state of the log to read. The newest without it.
    pub fn read_at(mut self, read_at: &ReadAt) -> Self {
        self.request.read_at = Some(read_at.to_proto());
        self
    }

    /// How many findings come in one message: 1,000 unless told otherwise. All pages are fetched, and read one revision.
    pub fn page_size(mut self, findings: u16) -> Self {
        self.request.page_size = findings.into();
        self
    }

    /// Asks, and follows the pages to the last. The deadline is each page's own.
    pub async fn fetch(self) -> Result<RulesAnswer, ClientError> {
        let Self { client, mut request } = self;
        let (mut violations, mut unchecked, mut checked_count) = (Vec::new(), Vec::new(), 0);
        loop {
            let page = client.call_check_rules(&request).await?;
            let calendars = calendars(page.answered_at.as_ref())?;
            checked_count += u64::from(page.checked_count.unwrap_or_default().unsigned_abs());
            for one in page.violations {
                violations.push(violation(one, &calendars)?);
            }
            for one in page.unchecked {
                unchecked.push(not_checked(one, &calendars)?);
            }
            if page.next_page_token.is_empty() {
                return Ok(RulesAnswer {
                    violations,
                    unchecked,
                    checked_count,
                    answered_at: answered_at(page.answered_at)?,
                });
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn violation(violation: pb::RuleViolation, calendars: &Calendars) -> Result<RuleViolation, AnswerError> {
    let pb::RuleViolation {
        rule,
        label,
        severity,
        area,
        period,
        dimensions,
        left,
        right,
        difference,
        limit,
        message,
    } = violation;
    let absent = |field| AnswerError::Absent { field };
    Ok(RuleViolation {
        of: RuleCheckOf {
            rule: parsed("rule", &rule)?,
            label: label_from_proto(label),
            severity: severity_of(severity)?,
            area: parsed("area", &area)?,
            period: period_from_proto("period", &period, calendars)?,
            dimensions,
        },
        left: side(left.ok_or(absent("left"))?, calendars)?,
        right: side(right.ok_or(absent("right"))?, calendars)?,
        difference,
        limit,
        message,
    })
}

fn not_checked(unchecked: pb::UncheckedRule, calendars: &Calendars) -> Result<UncheckedRule, AnswerError> {
    let reason = unchecked.reason().as_str_name();
    let reason = reason.trim_start_matches("UNCHECKED_REASON_").to_owned();
    let pb::UncheckedRule {
        rule,
        label,
        severity,
        area,
        period,
        dimensions,
        reason: _,
        refusal,
        sides,
        message,
    } = unchecked;
    let sides = sides.into_iter().map(|one| side(one, calendars));
    Ok(UncheckedRule {
        of: RuleCheckOf {
            rule: parsed("rule", &rule)?,
            label: label_from_proto(label),
            severity: severity_of(severity)?,
            area: parsed("area", &area)?,
            period: period_from_proto("period", &period, calendars)?,
            dimensions,
        },
        reason,
        refusal,
        sides: sides.collect::<Result<_, _>>()?,
        message,
    })
}

fn severity_of(number: i32) -> Result<Severity, AnswerError> {
    match pb::Severity::try_from(number) {
        Ok(pb::Severity::Error) => Ok(Severity::Error),
        Ok(pb::Severity::Warning) => Ok(Severity::Warning),
        Ok(pb::Severity::Unspecified) | Err(_) => Err(AnswerError::Malformed {
            field: "severity",
            text: number.to_string(),
        }),
    }
}

fn side(side: pb::RuleSide, calendars: &Calendars) -> Result<RuleSide, AnswerError> {
    let pb::RuleSide {
        formula,
        period,
        value,
        missing,
        quality,
        qualifier,
        flags,
    } = side;
    let period = (!period.is_empty()).then(|| period_from_proto("side.period", &period, calendars));
    Ok(RuleSide {
        formula,
        period: period.transpose()?,
        value: value_from_proto("side.value", value, missing)?,
        quality: quality_from_proto("side.quality", quality)?,
        qualifier: qualifier_from_proto("side.qualifier", qualifier)?,
        flags: flags.into_iter().map(flag_from_proto).collect::<Result<_, _>>()?,
    })
}
