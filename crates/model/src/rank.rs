//! Where a figure stands among others.

use crate::AreaId;

/// Among which figures one is ranked. They are always of the question's areas, and of the same indicator, period and codes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RankAmong {
    /// The areas of the same level that lie under the same area on the day of the figure.
    Siblings,
    /// All areas of the same level.
    Level,
}

/// Where a figure stands among those of other areas. Equal numbers share a position, and the next one comes after as many
/// as share it: 1, 2, 2, 4 (standard competition ranking).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FigureRank {
    /// By which number and in which direction, as `order_by` writes it: `value desc`.
    pub by: String,
    /// 1 is the first.
    pub position: u32,
    /// Out of so many that have a number.
    pub of: u32,
    /// Others share the position.
    pub tied: bool,
    /// Some of the numbers are bounds or rounded, so that the position is that of what is known.
    pub bounded: bool,
    /// Siblings: the area under which all of them lie; `None` for areas that lie under none.
    pub parent: Option<AreaId>,
}
