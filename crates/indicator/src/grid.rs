//! The figures of a question, numbered: by measure, area, period and codes.

use std::cell::OnceCell;

use almanac_catalog::Catalog;
use almanac_model::{FigureArea, Period};

use crate::answer::{Group, groups, narrowings, plans, targets};
use crate::plan::Plan;
use crate::question::{Question, Refusal};
use crate::reading::Narrowing;

/// What a question asks for, at one state of the log. It is checked apart from this.
pub(crate) struct Grid<'c> {
    pub(crate) plans: Vec<Plan<'c>>,
    pub(crate) targets: Vec<(FigureArea, Period)>,
    /// Those of each plan.
    pub(crate) groups: Vec<Vec<Group>>,
    /// What the terms of each plan read for each of its groups, and what was found out about it: all figures of a plan and group
    /// have it in common.
    narrowings: Vec<Vec<OnceCell<Vec<Narrowing>>>>,
}

/// One figure: of what, where and when.
#[derive(Clone, Copy)]
pub(crate) struct One<'g> {
    pub(crate) plan: &'g Plan<'g>,
    pub(crate) target: &'g (FigureArea, Period),
    pub(crate) group: &'g Group,
    /// What each term of the plan reads.
    pub(crate) narrowings: &'g [Narrowing],
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
        let groups: Vec<Vec<Group>> = plans.iter().map(|plan| groups(catalog, plan, question)).collect();
        let unknown = |groups: &Vec<Group>| groups.iter().map(|_| OnceCell::new()).collect();
        Ok(Self {
            narrowings: groups.iter().map(unknown).collect(),
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

    /// A figure of the question that the grid is of.
    pub(crate) fn figure(&self, catalog: &Catalog, question: &Question, place: Place) -> One<'_> {
        let (plan, group) = (&self.plans[place.plan], &self.groups[place.plan][place.group]);
        let known = &self.narrowings[place.plan][place.group];
        One {
            plan,
            target: &self.targets[place.target],
            group,
            narrowings: known.get_or_init(|| narrowings(catalog, question, plan, group)),
        }
    }
}
