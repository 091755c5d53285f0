//! `ApplyCatalog` and `GetCatalog`.

use std::sync::Arc;

use almanac_catalog::{Catalog, CatalogFiles, compatibility};
use almanac_model::Revision;
use almanac_wire::pb::ingest as pb;
use almanac_wire::{FieldViolation, bundle_from_proto, bundle_to_proto};
use tonic::Request;

use super::{blocking, durable, principal};
use crate::Ledger;
use crate::error::{IngestError, reason};
use crate::state::InForce;

pub(super) async fn apply_catalog(
    ledger: &Arc<Ledger>,
    request: Request<pb::ApplyCatalogRequest>,
) -> Result<pb::ApplyCatalogResponse, IngestError> {
    let principal = principal(&request);
    let pb::ApplyCatalogRequest {
        catalog: bundle,
        validate_only,
    } = request.into_inner();
    let files = bundle
        .map(bundle_from_proto)
        .filter(|files| files.iter().next().is_some());
    let files = files.ok_or_else(|| {
        let message = "there is no file; give all TOML and CSV files of the catalogue";
        IngestError::Invalid(vec![FieldViolation::new("catalog.files", reason::REQUIRED, message)])
    })?;
    let applied = apply(ledger, files, validate_only, principal).await?;
    durable(ledger, applied.revision).await?;
    Ok(pb::ApplyCatalogResponse {
        revision: applied.revision.0,
        log_id: ledger.log.id().to_string(),
        content_hash: applied.catalog.hash().to_string(),
    })
}

/// Checks a catalogue and puts it into force. The same catalogue again changes nothing.
pub(crate) async fn apply(
    ledger: &Arc<Ledger>,
    files: CatalogFiles,
    validate_only: bool,
    principal: String,
) -> Result<InForce, IngestError> {
    let catalog = blocking(ledger.blocking, move || Catalog::load(&files))
        .await?
        .map_err(IngestError::InvalidCatalog)?;
    let catalog = Arc::new(catalog);
    loop {
        let before = ledger.in_force();
        if let Some(before) = &before {
            if before.catalog.hash() == catalog.hash() {
                return Ok(before.clone());
            }
            let problems = compatibility(&before.catalog, &catalog);
            if !problems.is_empty() {
                return Err(IngestError::IncompatibleCatalog(problems));
            }
        }
        let replaces = before.map(|before| before.revision);
        if validate_only {
            return Ok(InForce {
                revision: replaces.unwrap_or(Revision::EMPTY),
                catalog,
            });
        }
        if let Some(revision) = ledger.apply_catalog(Arc::clone(&catalog), replaces, principal.clone())? {
            return Ok(InForce { revision, catalog });
        }
    }
}

pub(super) async fn get_catalog(ledger: &Ledger) -> Result<pb::GetCatalogResponse, IngestError> {
    let InForce { revision, catalog } = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    durable(ledger, revision).await?;
    Ok(pb::GetCatalogResponse {
        catalog: Some(bundle_to_proto(catalog.files())),
        revision: revision.0,
        log_id: ledger.log.id().to_string(),
        content_hash: catalog.hash().to_string(),
    })
}
