//! The values among which one may stand out.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use almanac_catalog::Among;
use almanac_model::{AreaId, Exact, LevelId, Period, Qualifier};

use super::Checked;
use crate::answer::Group;
use crate::question::Base;
use crate::rules::side::{Reader, Side};
use crate::value::Value;

/// The values of all areas of a level, found once for a period and a combination of codes.
pub(super) type Samples = HashMap<(LevelId, Period), BTreeMap<Group, Rc<Vec<Exact>>>>;

impl Checked<'_> {
    /// The numbers to compare with, the judged one among them. Bounds, and values of another territory, are left out.
    pub(super) fn sample(
        &mut self,
        among: Among,
        area: &AreaId,
        period: Period,
        group: &Group,
        value: &Value,
    ) -> Rc<Vec<Exact>> {
        match among {
            Among::Periods(periods) => {
                let reader = self.reader(0, group);
                let back = (1..i32::try_from(periods).unwrap_or(i32::MAX)).map(|places| period.offset(-places));
                let earlier = back
                    .filter_map(|earlier| number(&reader, area, earlier).map(|number| (earlier, number)))
                    .filter(|(earlier, _)| reader.compares(area, period, Base::Period(*earlier), value))
                    .map(|(_, number)| number);
                Rc::new(value.outcome.clone().into_iter().chain(earlier).collect())
            }
            Among::Areas => {
                let Some(level) = self.state.catalog.area(area.as_str()).map(|area| area.level.clone()) else {
                    return Rc::default();
                };
                let key = (level, period);
                if let Some(known) = self.samples.get(&key).and_then(|groups| groups.get(group)) {
                    return Rc::clone(known);
                }
                let sample = Rc::new(self.of_level(&key.0, period, group));
                self.samples
                    .entry(key)
                    .or_default()
                    .insert(group.clone(), Rc::clone(&sample));
                sample
            }
        }
    }

    fn of_level(&self, level: &LevelId, period: Period, group: &Group) -> Vec<Exact> {
        let reader = self.reader(0, group);
        let day = period.last_day();
        let peers = self
            .state
            .catalog
            .areas()
            .filter(|area| area.level == *level && area.is_valid_at(day));
        peers.filter_map(|area| number(&reader, &area.id, period)).collect()
    }
}

/// The number of a figure that is one.
fn number(reader: &Reader<'_>, area: &AreaId, period: Period) -> Option<Exact> {
    let Side { value, .. } = reader.read(area, period).ok()?;
    value.outcome.ok().filter(|_| value.qualifier == Qualifier::Exact)
}
