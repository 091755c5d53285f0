//! Nothing confidential can be derived from days, weeks, and the months, quarters and years of several calendars, which
//! overlap one another.

use almanac_catalog::Catalog;
use almanac_indicator::Question;
use almanac_model::{Granularity, Period};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::probe::{Content, Place, World, catalog, contents};

const CATALOGUE: &str = include_str!("days.toml");
const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
north,1,Bac,province,,2000-01-01,
east,2,Dong,district,north,2000-01-01,
west,3,Tay,district,north,2000-01-01,
";
/// Around the end of a month of each calendar: the 14th, the 20th and the last of the month, which ends the standard
/// quarter and the year of one calendar.
const DAYS: [Date; 7] = [
    date(2017, 3, 13),
    date(2017, 3, 14),
    date(2017, 3, 15),
    date(2017, 3, 20),
    date(2017, 3, 21),
    date(2017, 3, 31),
    date(2017, 4, 1),
];
const PLACES: usize = 2 * DAYS.len();
/// So that an average over any number of the days is whole: the least common multiple of 1 to 7.
const TIMES: i64 = 420;

fn places() -> Vec<Place> {
    let with_days = |area| DAYS.map(|day| (area, Period::containing(Granularity::Day, day)));
    ["east", "west"].into_iter().flat_map(with_days).collect()
}

/// Every period of every kind and calendar that has one of the days in it, and the days after, for levels that stand.
fn periods(catalog: &Catalog) -> Vec<Period> {
    let calendars: Vec<_> = std::iter::once(None)
        .chain(catalog.calendars().map(|calendar| Some(calendar.rule)))
        .collect();
    let kinds = Granularity::ALL
        .into_iter()
        .flat_map(|kind| calendars.iter().filter_map(move |calendar| kind.in_calendar(*calendar)));
    let with_next = DAYS.into_iter().flat_map(|day| [day, day.saturating_add(1.day())]);
    let days: Vec<Date> = with_next.collect();
    let mut periods: Vec<Period> = kinds
        .flat_map(|kind| days.iter().map(move |day| Period::containing(kind, *day)))
        .collect();
    periods.sort();
    periods.dedup();
    periods
}

fn questions(world: &World<'_>) -> Vec<Question> {
    let periods = periods(world.catalog);
    let each = |area: &&'static str| {
        let area = *area;
        periods
            .iter()
            .map(move |period| world.question(area, *period))
            .collect::<Vec<_>>()
    };
    ["north", "east", "west"].iter().flat_map(each).collect()
}

fn world_catalog() -> Catalog {
    catalog(&[("areas.csv", AREAS), ("catalog.toml", CATALOGUE)])
}

proptest! {
    #![proptest_config(Config {
        cases: 6,
        rng_seed: RngSeed::Fixed(9),
        failure_persistence: None,
        max_shrink_iters: 100,
        ..Config::default()
    })]

    #[test]
    fn rule_20_no_confidential_number_is_told_by_the_periods_of_several_calendars(
        contents in contents(PLACES, 2),
        metric in prop::sample::select(vec!["flow", "average", "level"]),
    ) {
        let (catalog, places) = (world_catalog(), places());
        let world = World { catalog: &catalog, metric, places: &places, contents: &contents, times: TIMES };
        let (told, _) = world.told(&questions(&world));
        prop_assert_eq!(told, None, "{}", metric);
    }
}

#[test]
fn rule_20_a_complement_in_time_is_taken_from_the_same_periods_of_most_calendars() {
    let (catalog, places) = (world_catalog(), places());
    let mut contents = vec![Content::Number; PLACES];
    // 14 March in the east: the 15th comes next, and is of another month of one calendar; the 13th is in all with it
    contents[1] = Content::Secret;
    let world = World {
        catalog: &catalog,
        metric: "flow",
        places: &places,
        contents: &contents,
        times: TIMES,
    };
    let (told, counts) = world.told(&questions(&world));
    assert_eq!(told, None);
    // of each area the 14th alone is withheld, and the 13th, which holds no secret
    let withheld_days_of_the_east_alone = 1;
    assert_eq!(counts[1], withheld_days_of_the_east_alone, "{counts:?}");
}

#[test]
fn rule_20_without_another_day_near_the_complement_is_one_of_the_same_year() {
    let (catalog, places) = (world_catalog(), places());
    let mut contents = vec![Content::Nothing; PLACES];
    // 31 March and 1 April: of one half and year, but of no one week, month or quarter of the standard calendar
    contents[5] = Content::Secret;
    contents[6] = Content::Number;
    let world = World {
        catalog: &catalog,
        metric: "flow",
        places: &places,
        contents: &contents,
        times: TIMES,
    };
    let year = |area| vec![world.question(area, "2017".parse().unwrap())];
    let month = |area| vec![world.question(area, "2017-03".parse().unwrap())];
    assert_eq!(world.told(&year("north")), (None, [1, 0]));
    assert_eq!(world.told(&month("north")), (None, [0, 1]));
}
