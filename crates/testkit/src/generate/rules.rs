//! Rules of every kind, over metrics and formulas, some of which hold and some of which do not.

use super::draft::{Draft, MAX_COST, MeasureSketch};
use super::genes::{Choices, Gene};
use super::metrics::DOCUMENTATION;

/// The file of the rules.
pub(super) fn rules(genes: &[Gene], known: &[MeasureSketch]) -> String {
    let rule = |(index, gene)| rule(&format!("r{index}"), &mut Choices::of(gene), known);
    genes.iter().enumerate().map(rule).collect()
}

fn rule(id: &str, choices: &mut Choices<'_>, known: &[MeasureSketch]) -> String {
    let severity = choices.of_values(["error", "warning"]);
    let kind = choices.below(8);
    let mut draft = Draft::over(known);
    let (keys, text) = if kind < 3 {
        let sides = [(); 2].map(|()| side(&mut draft, choices));
        (identity(choices, &sides), sides.concat())
    } else {
        let measure = measure(&mut draft, choices);
        let keys = match kind {
            3 => range(choices, &measure),
            4 | 5 => jump(choices, &measure),
            _ => outlier(choices, &measure),
        };
        (keys, measure)
    };
    let group_by = group_by(choices, &draft.named, &text);
    format!("[[rule]]\nid = \"{id}\"\n{DOCUMENTATION}severity = \"{severity}\"\n{keys}{group_by}\n")
}

/// One side of an identity: both have to be of one unit, so it is no ratio.
fn side(draft: &mut Draft<'_>, choices: &mut Choices<'_>) -> String {
    let from = draft.named.len();
    let text = if choices.once_in(3) {
        draft.sum(choices)
    } else {
        draft.reference(choices)
    };
    let over_time = if choices.once_in(4) {
        draft.over_time(text.clone(), from, choices)
    } else {
        text.clone()
    };
    if draft.cost(&over_time) <= MAX_COST {
        over_time
    } else {
        text
    }
}

/// What is judged by itself: mostly one measure, which may be narrowed.
fn measure(draft: &mut Draft<'_>, choices: &mut Choices<'_>) -> String {
    let text = match choices.below(4) {
        3 => draft.formula(choices),
        _ => draft.reference(choices),
    };
    if draft.cost(&text) <= MAX_COST {
        return text;
    }
    draft.named.truncate(1);
    draft.named.first().map_or("m0", |first| first.id.as_str()).to_owned()
}

fn identity(choices: &mut Choices<'_>, [left, right]: &[String; 2]) -> String {
    let relation = choices.of_values(["=", "<=", ">="]);
    let tolerance = choices.of_values([
        "",
        "tolerance = \"5\"\n",
        "tolerance = \"100\"\n",
        "tolerance = { percent = \"50\" }\n",
    ]);
    format!("kind = \"identity\"\nleft = \"{left}\"\nrelation = \"{relation}\"\nright = \"{right}\"\n{tolerance}")
}

fn range(choices: &mut Choices<'_>, measure: &str) -> String {
    let bounds = choices.of_values([
        "min = \"0\"\nmax = \"100\"\n",
        "min = \"1.5\"\n",
        "max = \"20\"\n",
        "min = \"-3\"\nmax = \"30.25\"\n",
    ]);
    format!("kind = \"range\"\nmeasure = \"{measure}\"\n{bounds}")
}

fn jump(choices: &mut Choices<'_>, measure: &str) -> String {
    let against = choices.of_values(["previous_period", "same_period_last_year"]);
    let most_percent = choices.of_values(["50", "0", "300", "12.5"]);
    let direction = choices.of_values(["", "direction = \"up\"\n", "direction = \"down\"\n"]);
    format!(
        "kind = \"jump\"\nmeasure = \"{measure}\"\nagainst = \"{against}\"\nmost_percent = \"{most_percent}\"\n{direction}"
    )
}

fn outlier(choices: &mut Choices<'_>, measure: &str) -> String {
    let among = choices.of_values(["\"areas\"", "{ periods = 5 }", "{ periods = 8 }"]);
    let threshold = choices.of_values(["", "threshold = \"1\"\n", "threshold = \"0.5\"\n"]);
    format!("kind = \"outlier\"\nmeasure = \"{measure}\"\namong = {among}\n{threshold}")
}

/// Sometimes a dimension that all have; one that the rule itself narrows is not grouped by.
fn group_by(choices: &mut Choices<'_>, named: &[MeasureSketch], text: &str) -> String {
    let Some(first) = named.first() else {
        return String::new();
    };
    let mut shared = first.dimensions.clone();
    shared.retain(|own| named.iter().all(|one| one.dimensions.contains(own)) && !text.contains(&format!("{{{own}")));
    let one = choices.one(&shared).filter(|_| choices.once_in(2));
    one.map_or_else(String::new, |dimension| format!("group_by = [\"{dimension}\"]\n"))
}
