//! The figures of a question, numbered: by measure, area, period and codes.

use almanac_catalog::Catalog;
use almanac_model::{FigureArea, Period};

use crate::answer::{Group, groups, plans, targets};
use crate::plan::Plan;
use crate::question::{Question, Refusal};

/// What a question asks for. It is checked apart from this.
pub(crate) struct Grid<'c> {
    pub(crate) plans: Vec<Plan<'c>>,
    pub(crate) targets: Vec<(FigureArea, Period)>,
    /// Those of each plan.
    pub(crate) groups: Vec<Vec<Group>>,
}

/// Which figure: the positions of its parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) plan: usize,
    pub(crate) target: usize,
    pub(crate) group: usize,
}

impl<'c> Grid<'c> {
    pub(crate) fn of(catalog: &'c Catalog, question: &Question) -> Result<Self, Vec<Refusal>> {
        let plans = plans(catalog, question);
        let groups = plans.iter().map(|plan| groups(catalog, plan, question)).collect();
        Ok(Self {
            groups,
            targets: targets(catalog, question)?,
            plans,
        })
    }

    /// How many figures there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.iter().map(|groups| groups.len() * self.targets.len()).sum()
    }

    /// The figures, in the order in which they are answered unless another one is asked for.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        let of_plan = |(plan, groups): (usize, &Vec<Group>)| {
            let groups = groups.len();
            let of_target = move |target| (0..groups).map(move |group| Place { plan, target, group });
            (0..self.targets.len()).flat_map(of_target)
        };
        self.groups.iter().enumerate().flat_map(of_plan)
    }

    pub(crate) fn figure(&self, place: Place) -> (&Plan<'c>, &(FigureArea, Period), &Group) {
        let Place { plan, target, group } = place;
        (&self.plans[plan], &self.targets[target], &self.groups[plan][group])
    }
}
