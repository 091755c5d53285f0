//! Where a figure is about: one area, or several as one sum.

use std::fmt;

use crate::AreaId;

/// The area of a figure.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum FigureArea {
    /// One area.
    One(AreaId),
    /// Several areas as one sum, in the order in which they were asked for. None of them lies under another.
    Sum(Vec<AreaId>),
}

impl FigureArea {
    /// The areas of which it consists.
    #[must_use]
    pub fn areas(&self) -> &[AreaId] {
        match self {
            Self::One(area) => std::slice::from_ref(area),
            Self::Sum(areas) => areas,
        }
    }

    /// The area, unless several were asked for as one sum.
    #[must_use]
    pub const fn one(&self) -> Option<&AreaId> {
        match self {
            Self::One(area) => Some(area),
            Self::Sum(_) => None,
        }
    }
}

impl From<AreaId> for FigureArea {
    fn from(area: AreaId) -> Self {
        Self::One(area)
    }
}

/// The ids, joined with '+', which is in no id.
impl fmt::Display for FigureArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.areas().iter().map(AreaId::as_str).collect();
        f.pad(&ids.join("+"))
    }
}
