//! `CheckRules`: which rules of the catalogue do not hold.

mod convert;

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_catalog::{Catalog, Label, Rule};
use almanac_indicator::{CheckedPart, Checks, State, all_rules, check_rules};
use almanac_model::RuleId;
use almanac_wire::pb::query as pb;
use prost::Message;
use tonic::Request;

use self::convert::{Found, found};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::names::Names;
use crate::page::{Page, next_token};
use crate::replica::{Moment, Replica};
use crate::shared::Work;
use crate::{ask, limits};

pub(super) async fn answer(query: &Query, request: Request<pb::CheckRulesRequest>) -> Answered<pb::CheckRulesResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mistakes) = query.open_page(&request, until).await?;
    let checks = Arc::new(asked(&request, &moment, mistakes)?);
    let (answer, next) = checked(query, &moment, &checks, page).await?;
    let response = pb::CheckRulesResponse {
        answered_at: Some(answered_at(&moment)),
        next_page_token: next_token(&request, &moment, next),
        ..answer
    };
    Ok(respond(response, &moment, (query.clock)()))
}

/// The checks of a page, whose numbers its offsets are. They are made some at a time, so that a record that arrives never waits
/// long; the page ends early before it grows larger than clients take.
async fn checked(
    query: &Query,
    moment: &Moment,
    checks: &Arc<Checks>,
    page: Page,
) -> Result<(pb::CheckRulesResponse, Option<usize>), QueryError> {
    let labels: BTreeMap<&RuleId, &Label> = checks
        .rules
        .iter()
        .map(|rule| (&rule.id, &rule.documentation.label))
        .collect();
    let (mut answer, mut made, mut kept, mut bytes) = (pb::CheckRulesResponse::default(), 0, 0, 0);
    let (mut checked, mut unchecked) = (0, 0);
    let mut next = Some(page.offset);
    while let Some(offset) = next {
        if made >= limits::CHECKS || kept >= page.limit || bytes > limits::PAGE_BYTES / 2 {
            break;
        }
        let asked = Arc::clone(checks);
        let most = (page.limit - kept).min(limits::FINDINGS_AT_ONCE);
        let compute = move |_: &Replica, state: State<'_>| {
            check_rules(state, &asked, offset, limits::CHECKED_FIGURES_AT_ONCE, most)
        };
        let part = query.replica.compute(moment, Work::Large, compute).await?;
        let part: CheckedPart = part.map_err(QueryError::Refused)?;
        made += part.checked + part.unchecked;
        kept += part.findings.len();
        checked += part.checked;
        unchecked += part.unchecked;
        next = part.next;
        for finding in part.findings {
            match found(finding, &labels) {
                Found::Violation(violation) => {
                    bytes += violation.encoded_len();
                    answer.violations.push(*violation);
                }
                Found::Unchecked(one) => {
                    bytes += one.encoded_len();
                    answer.unchecked.push(*one);
                }
            }
        }
    }
    let count = |number| Some(i32::try_from(number).unwrap_or(i32::MAX));
    (answer.checked_count, answer.unchecked_count) = (count(checked), count(unchecked));
    Ok((answer, next))
}

fn asked(request: &pb::CheckRulesRequest, moment: &Moment, mut mistakes: Mistakes) -> Result<Checks, QueryError> {
    let pb::CheckRulesRequest {
        rules,
        areas,
        areas_under,
        level,
        periods,
        granularity,
        read_at: _,
        page_size: _,
        page_token: _,
    } = request;
    let mut names = Names::at(moment, &mut mistakes);
    let rules = named_rules(&moment.catalog, rules, &mut names);
    let areas = ask::selection(areas, areas_under, level, &mut names);
    let ask::AskedPeriods { periods, .. } = ask::all_periods(periods, *granularity, &mut names);
    mistakes.refuse_any()?;
    Ok(Checks { rules, areas, periods })
}

/// The rules that are named, or all.
fn named_rules(catalog: &Catalog, texts: &[String], names: &mut Names<'_, '_>) -> Vec<Rule> {
    let all = all_rules(catalog);
    if texts.is_empty() {
        return all;
    }
    if !names.at_most("rules", texts.len(), limits::RULES) {
        return Vec::new();
    }
    ask::each("rules", texts, names, |names, field, text| {
        let found = all.iter().find(|rule| rule.id.as_str() == text);
        if found.is_none() {
            names.unknown_rule(field, text, &all);
        }
        found.cloned()
    })
}
