//! The embedded default: the catalogue of Ca Mau's Department of Information and Communications, and every figure that
//! the department published for 2017.
//!
//! Both are data: the catalogue is the folder `catalog/`, the figures are `data/figures-2017.csv`. The package's README
//! says where the facts come from and what was decided.
//!
//! ```
//! let catalog = almanac_ca_mau::catalog().expect("the embedded catalogue has no problems");
//! let figures = almanac_ca_mau::figures_2017()?;
//! let density = figures.iter().find(|figure| figure.line == "telephone.density");
//! assert_eq!(density.map(|figure| figure.value.to_string()).as_deref(), Some("119.09"));
//! # drop(catalog);
//! # Ok::<(), almanac_ca_mau::FiguresError>(())
//! ```

mod figures;
mod row;

use almanac_catalog::{Catalog, CatalogFiles, Problem};

pub use figures::{Figure, FiguresError, Recorded, events_2017, figures_2017};

/// The area of Ca Mau province, before and after its merger with Bac Lieu (`95`) on 2025-07-01.
pub const PROVINCE: &str = "96";

/// The report whose lines are those of the department's published review, with what else can be computed from them.
pub const ANNUAL_REVIEW: &str = "annual-review";

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../catalog/", $name)))),+]
    };
}

/// Every file of the folder `catalog/`; a test holds it to that.
const FILES: [(&str, &str); 15] = embedded![
    "areas.csv",
    "catalog.toml",
    "complaints.toml",
    "e-office.toml",
    "inspections.toml",
    "internet.toml",
    "permits.toml",
    "population.toml",
    "post.toml",
    "press.toml",
    "reporters.toml",
    "reports.toml",
    "rules.toml",
    "telephone.toml",
    "transitions.csv",
];

/// The texts of the catalogue, as a person would edit them.
#[must_use]
pub fn catalog_files() -> CatalogFiles {
    FILES.into_iter().collect()
}

/// The catalogue, loaded. The embedded files have no problems; the result is there because loading says so by its type.
pub fn catalog() -> Result<Catalog, Vec<Problem>> {
    Catalog::load(&catalog_files())
}
