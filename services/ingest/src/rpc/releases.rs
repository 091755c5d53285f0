//! `CreateRelease` and `ListReleases`.

use std::sync::Arc;

use almanac_model::{ReleaseName, Revision};
use almanac_wire::pb::ingest as pb;
use almanac_wire::{FieldViolation, MAX_NOTE_BYTES, PageToken};
use tonic::Request;

use super::{durable, principal};
use crate::Ledger;
use crate::error::{IngestError, reason};
use crate::ledger::ReleaseRefusal;

const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

pub(super) async fn create_release(
    ledger: &Arc<Ledger>,
    request: Request<pb::CreateReleaseRequest>,
) -> Result<pb::CreateReleaseResponse, IngestError> {
    let principal = principal(&request);
    let pb::CreateReleaseRequest { name, revision, note } = request.into_inner();
    let name = check_name(&name, &note)?;
    let made = ledger.release(name, revision.map(Revision), note, principal)?;
    let (release, recorded) = match made {
        Ok(made) => made,
        Err(ReleaseRefusal::Violation(violation)) => return Err(IngestError::Invalid(vec![violation])),
        Err(ReleaseRefusal::Exists(release, recorded)) => {
            durable(ledger, recorded).await?;
            return Err(IngestError::ReleaseExists(release));
        }
    };
    durable(ledger, recorded).await?;
    Ok(pb::CreateReleaseResponse {
        release: Some((&release).into()),
        revision: recorded.0,
        log_id: ledger.log.id().to_string(),
    })
}

fn check_name(name: &str, note: &str) -> Result<ReleaseName, IngestError> {
    let mut wrong = Vec::new();
    if note.len() > MAX_NOTE_BYTES {
        let message = format!("has {} bytes; at most {MAX_NOTE_BYTES} are kept", note.len());
        wrong.push(FieldViolation::new("note", reason::TOO_LONG, message));
    }
    let name = name.parse().map_err(|error: almanac_model::IdError| {
        wrong.push(FieldViolation::new("name", reason::MALFORMED, error.to_string()));
    });
    match name {
        Ok(name) if wrong.is_empty() => Ok(name),
        _ => Err(IngestError::Invalid(wrong)),
    }
}

pub(super) async fn list_releases(
    ledger: &Ledger,
    request: pb::ListReleasesRequest,
) -> Result<pb::ListReleasesResponse, IngestError> {
    let pb::ListReleasesRequest { page_size, page_token } = request;
    let limit = match usize::try_from(page_size) {
        Ok(0) => DEFAULT_PAGE,
        Ok(size) => size.min(MAX_PAGE),
        Err(_) => {
            let message = format!("{page_size} is negative; give 0 for the default of {DEFAULT_PAGE}");
            return Err(IngestError::Invalid(vec![FieldViolation::new(
                "page_size",
                reason::MALFORMED,
                message,
            )]));
        }
    };
    let (releases, head) = ledger.releases();
    durable(ledger, head).await?;
    let (from_end, question) = (releases.len(), pb::ListReleasesRequest::default());
    // newer releases come first: a page begins so many before the oldest, whatever was added meanwhile
    let remaining = match page_token.as_str() {
        "" => from_end,
        token => {
            let token = PageToken::decode(token, &question).map_err(IngestError::PageToken)?;
            usize::try_from(token.offset).unwrap_or(usize::MAX).min(from_end)
        }
    };
    let page = releases[from_end - remaining..]
        .iter()
        .take(limit)
        .map(Into::into)
        .collect::<Vec<_>>();
    let left = remaining - page.len();
    let next = (left > 0).then(|| PageToken::new(&question, Revision::EMPTY, left as u64).encode());
    Ok(pb::ListReleasesResponse {
        releases: page,
        next_page_token: next.unwrap_or_default(),
    })
}
