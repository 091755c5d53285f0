//! Where an event belongs: an area that exists at the end of its period, at the level at which the metric is collected.

use almanac_model::{AreaId, LevelId, Period};
use jiff::civil::Date;

use super::{Check, Violation, ViolationReason};
use crate::{Area, Catalog};

/// So many areas are named as examples.
const EXAMPLES: usize = 3;

/// The violation for an area that the catalogue does not have.
pub(super) fn unknown_area(catalog: &Catalog, area: &AreaId) -> Violation {
    let near: Vec<String> = catalog
        .nearest_area(area.as_str())
        .iter()
        .map(|id| catalog.named(id))
        .collect();
    let remedy = if near.is_empty() {
        "ListAreas names all areas".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    Violation {
        field: "area".to_owned(),
        reason: ViolationReason::UnknownArea,
        message: format!("there is no area \"{area}\"; {remedy}"),
    }
}

impl Catalog {
    /// An area as people read it: `"96" (Cà Mau)`.
    fn named(&self, id: &str) -> String {
        self.area(id)
            .map_or_else(|| format!("{id:?}"), |area| format!("{id:?} ({})", area.name))
    }

    fn named_examples<'a>(&self, areas: impl IntoIterator<Item = &'a AreaId>) -> String {
        let mut areas = areas.into_iter();
        let mut names: Vec<String> = areas
            .by_ref()
            .take(EXAMPLES)
            .map(|area| self.named(area.as_str()))
            .collect();
        let others = areas.count();
        if others > 0 {
            names.push(format!("{others} others"));
        }
        names.join(", ")
    }
}

impl Check<'_> {
    /// The area is there, and so is its level; the dates are checked when the period is known.
    pub(super) fn area(&mut self, period: Option<Period>) {
        let Some(area) = self.catalog.area(self.event.area.as_str()) else {
            let violation = unknown_area(self.catalog, &self.event.area);
            self.violations.push(violation);
            return;
        };
        let Some(period) = period else { return };
        let day = period.last_day();
        if !area.is_valid_at(day) {
            self.area_not_valid(area, period);
        }
        match self.metric.level_for(period) {
            Some(level) if *level == area.level => {}
            Some(level) => self.wrong_level(area, level, day),
            None => self.not_collected(period),
        }
    }

    fn area_not_valid(&mut self, area: &Area, period: Period) {
        let (catalog, day) = (self.catalog, period.last_day());
        let named = catalog.named(area.id.as_str());
        let ended = area.ends().filter(|end| *end <= day);
        let message = if let Some(end) = ended {
            let successors = catalog.successors(&area.id, area.parents.first().map_or(end, |first| first.from));
            let remedy = if successors.is_empty() {
                "record for the areas that came after it".to_owned()
            } else {
                format!("it went into {}", catalog.named_examples(successors))
            };
            format!("area {named} was dissolved on {end}, before the end of {period}; {remedy}")
        } else {
            let begins = area.parents.iter().map(|stretch| stretch.from).find(|from| *from > day);
            let begins = begins.map_or_else(String::new, |begins| format!(", but from {begins}"));
            let before = catalog
                .transitions()
                .iter()
                .filter(|transition| transition.to == area.id);
            let before = catalog.named_examples(before.map(|transition| &transition.from));
            let remedy = if before.is_empty() {
                "correct the area or the period".to_owned()
            } else {
                format!("before it there was {before}")
            };
            format!("area {named} does not exist at the end of {period}{begins}; {remedy}")
        };
        self.refuse("area", ViolationReason::AreaNotValid, message);
    }

    fn wrong_level(&mut self, area: &Area, level: &LevelId, day: Date) {
        let catalog = self.catalog;
        let mut examples = catalog.descendants_at(&area.id, level, day);
        if examples.is_empty() {
            let mut above = std::iter::successors(Some(&area.id), |area| catalog.parent_at(area, day));
            let of_level = |id: &&AreaId| catalog.area(id.as_str()).is_some_and(|area| area.level == *level);
            examples.extend(above.find(of_level));
        }
        let remedy = if examples.is_empty() {
            format!("give an area of level {level}")
        } else {
            format!("give the {level}, such as {}", catalog.named_examples(examples))
        };
        let message = format!(
            "metric {} is collected by {level} on {day}, and area {} is of level {}; {remedy}",
            self.metric.id,
            catalog.named(area.id.as_str()),
            area.level
        );
        self.refuse("area", ViolationReason::WrongAreaLevel, message);
    }

    fn not_collected(&mut self, period: Period) {
        let stretches = self.metric.levels.iter().map(|collection| {
            let from = collection.from.map_or_else(String::new, |from| format!(" from {from}"));
            let to = collection.to.map_or_else(String::new, |to| format!(" until {to}"));
            format!("by {}{from}{to}", collection.level)
        });
        let stretches: Vec<String> = stretches.collect();
        let message = format!(
            "metric {} is not collected for {period}; it is collected {}",
            self.metric.id,
            stretches.join(", ")
        );
        self.refuse("period", ViolationReason::NotCollected, message);
    }
}
