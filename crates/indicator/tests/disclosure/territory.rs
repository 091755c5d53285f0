//! Nothing confidential can be derived from sums of any areas, by groupings and on the boundaries of other days, of flows
//! and of levels that are carried forward.

use std::collections::BTreeSet;

use almanac_indicator::{AreaSelection, Filters, Question};
use almanac_model::{AreaId, Code, DimensionId, Period};
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::probe::{Content, Place, World, catalog, contents};

const CATALOGUE: &str = include_str!("territory.toml");
/// On 1 April all of mid goes into east, and four tenths of west into far, in the other province.
const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
north,1,Bac,province,,2000-01-01,
south,2,Nam,province,,2000-01-01,
east,3,Dong,district,north,2000-01-01,
mid,4,Giua,district,north,2000-01-01,2017-04-01
west,5,Tay,district,north,2000-01-01,
coast,6,Bien,district,south,2000-01-01,
far,7,Xa,district,south,2000-01-01,
";
const TRANSITIONS: &str = "from_area,to_area,date,extent,weight,weight_source
mid,east,2017-04-01,whole,,
west,far,2017-04-01,part,0.4,x
";
const GROUPINGS: &str = "grouping,code,area,from,to
terrain,delta,east,,
terrain,mountain,mid,,
terrain,delta,west,,2017-03-01
terrain,mountain,west,2017-03-01,
terrain,delta,south,,
terrain,mountain,far,,
";
/// The areas of the south lie in another province, so any of each go together.
const NORTH: [&[&str]; 6] = [
    &[],
    &["north"],
    &["east"],
    &["mid"],
    &["east", "west"],
    &["mid", "west"],
];
const SOUTH: [&[&str]; 3] = [&[], &["south"], &["far"]];
const MONTHS: [&str; 3] = ["2017-02", "2017-03", "2017-04"];
const PERIODS: [&str; 6] = ["2017-02", "2017-03", "2017-04", "2017-05", "2017-Q1", "2017"];
const PLACES: usize = 15;

fn places() -> Vec<Place> {
    let with_months = |area| MONTHS.map(|month| (area, month.parse().unwrap()));
    ["east", "mid", "west", "coast", "far"]
        .into_iter()
        .flat_map(with_months)
        .collect()
}

/// Sums of areas, of all and of each kind of terrain, as they were and on the boundaries of before and after.
fn questions(world: &World<'_>) -> Vec<Question> {
    let sums = NORTH
        .iter()
        .flat_map(|north| SOUTH.iter().map(move |south| [*north, *south].concat()));
    let sums = sums.filter(|areas| !areas.is_empty());
    let terrain = DimensionId::new("terrain").unwrap();
    let mut questions = Vec::new();
    for areas in sums {
        for code in [None, Some("delta"), Some("mountain")] {
            let codes = |code| BTreeSet::from([Code::new(code).unwrap()]);
            let filters: Filters = code.map(|code| (terrain.clone(), codes(code))).into_iter().collect();
            for on_boundaries_of in [None, Some(date(2017, 1, 1)), Some(date(2017, 12, 31))] {
                questions.extend(PERIODS.map(|period| Question {
                    areas: AreaSelection::List(areas.iter().map(|area| AreaId::new(area).unwrap()).collect()),
                    combine_areas: true,
                    filters: filters.clone(),
                    on_boundaries_of,
                    ..world.question("north", period.parse::<Period>().unwrap())
                }));
            }
        }
    }
    questions
}

fn world_catalog() -> almanac_catalog::Catalog {
    catalog(&[
        ("areas.csv", AREAS),
        ("transitions.csv", TRANSITIONS),
        ("groupings.csv", GROUPINGS),
        ("catalog.toml", CATALOGUE),
    ])
}

/// What was recorded after a district ceased is not there.
fn as_it_can_be(mut contents: Vec<Content>) -> Vec<Content> {
    for (place, content) in places().iter().zip(&mut contents) {
        if place.0 == "mid" && place.1.to_string() == "2017-04" {
            *content = Content::Nothing;
        }
    }
    contents
}

proptest! {
    #![proptest_config(Config {
        cases: 3,
        rng_seed: RngSeed::Fixed(17),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    })]

    #[test]
    fn rule_20_no_confidential_number_is_told_by_sums_of_areas_groupings_or_restated_figures(
        contents in contents(PLACES, 2),
        metric in prop::sample::select(vec!["flow", "level"]),
    ) {
        let (catalog, places, contents) = (world_catalog(), places(), as_it_can_be(contents));
        let world = World { catalog: &catalog, metric, places: &places, contents: &contents, times: 10 };
        let (told, _) = world.told(&questions(&world));
        prop_assert_eq!(told, None, "{}", metric);
    }
}

#[test]
fn rule_20_most_sums_of_areas_with_a_secret_in_them_are_published() {
    let (catalog, places) = (world_catalog(), places());
    let mut contents = as_it_can_be(vec![Content::Number; PLACES]);
    // east in February
    contents[0] = Content::Secret;
    let world = World {
        catalog: &catalog,
        metric: "flow",
        places: &places,
        contents: &contents,
        times: 10,
    };
    let (told, [published, withheld]) = world.told(&questions(&world));
    assert_eq!(told, None);
    assert!(published > withheld, "{published} and {withheld}");
}
