//! Indicators: sums, differences, products, ratios, over metrics and over each other.

use super::genes::{Choices, Gene};
use super::metrics::{DIMENSIONS, DOCUMENTATION, MetricSketch};
use super::targets::Planned;

/// What a formula may name.
#[derive(Clone, Debug)]
struct MeasureSketch {
    id: String,
    dimensions: Vec<&'static str>,
}

/// The file of the indicators, and all measures. Everything is counted in one unit, so that everything may be added.
pub(super) fn indicators(genes: &[Gene], metrics: &[MetricSketch]) -> (String, Vec<Planned>) {
    let mut known: Vec<MeasureSketch> = metrics
        .iter()
        .map(|metric| MeasureSketch {
            id: metric.id.clone(),
            dimensions: metric.dimensions.clone(),
        })
        .collect();
    let mut texts: Vec<String> = Vec::new();
    for (index, gene) in genes.iter().enumerate() {
        let mut choices = Choices::of(gene);
        let mut draft = Draft {
            known: &known,
            named: Vec::new(),
        };
        let formula = draft.formula(&mut choices);
        let id = format!("i{index}");
        let named = draft.named;
        let optional: Vec<&str> = named
            .iter()
            .filter(|_| choices.once_in(6))
            .map(|measure| measure.id.as_str())
            .collect();
        let per = choices.of_values(["", "per = \"100\"\n", "per = \"0.5\"\n"]);
        let join = choices.of_values([
            "",
            "denominator = { latest_on_or_before = 1 }\n",
            "denominator = { latest_on_or_before = 3 }\n",
        ]);
        let range = choices.of_values(["", "min = \"0\"\nmax = \"100\"\n"]);
        texts.push(format!(
            "[[indicator]]\nid = \"{id}\"\n{DOCUMENTATION}formula = \"{formula}\"\n{per}unit = \"thing\"\n\
             decimals = {}\n{range}optional = {optional:?}\n{join}\n",
            choices.below(4),
        ));
        let mut dimensions: Vec<&'static str> = named.iter().flat_map(|measure| measure.dimensions.clone()).collect();
        dimensions.sort_unstable();
        dimensions.dedup();
        known.push(MeasureSketch { id, dimensions });
    }
    let measures = known.into_iter().map(|measure| (measure.id, measure.dimensions));
    (texts.concat(), measures.collect())
}

/// A formula that is being written, with what it names so far.
struct Draft<'a> {
    known: &'a [MeasureSketch],
    named: Vec<MeasureSketch>,
}

impl Draft<'_> {
    fn formula(&mut self, choices: &mut Choices<'_>) -> String {
        match choices.below(18) {
            0 | 16 | 17 => self.sum(choices),
            1..=6 => format!("{} / {}", self.operand(choices), self.operand(choices)),
            7 => format!("{} * 2.5", self.operand(choices)),
            8 => format!("{} / {} * 100", self.operand(choices), self.operand(choices)),
            9 => format!("100 * {} / {}", self.operand(choices), self.operand(choices)),
            10 => format!("{} / {} / 4", self.operand(choices), self.operand(choices)),
            11 => format!("{} * {}", self.operand(choices), self.operand(choices)),
            12 => format!("-{} - {}", self.reference(choices), self.reference(choices)),
            13 => {
                let sides = [(); 4].map(|()| self.reference(choices));
                format!("{} / {} - {} / {}", sides[0], sides[1], sides[2], sides[3])
            }
            14 => format!(
                "{} / ({} / {})",
                self.reference(choices),
                self.reference(choices),
                self.reference(choices)
            ),
            _ => format!("1 - {} / {}", self.operand(choices), self.operand(choices)),
        }
    }

    fn operand(&mut self, choices: &mut Choices<'_>) -> String {
        if choices.below(3) == 0 {
            format!("({})", self.sum(choices))
        } else {
            self.reference(choices)
        }
    }

    fn sum(&mut self, choices: &mut Choices<'_>) -> String {
        let sign = choices.of_values(["+", "-"]);
        format!("{} {sign} {}", self.reference(choices), self.reference(choices))
    }

    fn reference(&mut self, choices: &mut Choices<'_>) -> String {
        let Some(measure) = choices.one(self.known) else {
            return "1".to_owned();
        };
        let dimension = choices.one(&measure.dimensions).filter(|_| choices.once_in(5));
        let mut text = measure.id.clone();
        if let Some((dimension, [one, other])) = DIMENSIONS.iter().find(|(id, _)| Some(id) == dimension) {
            text = match choices.below(3) {
                0 => format!("{text}{{{dimension}='{one}'}}"),
                1 => format!("{text}{{{dimension}='{other}'}}"),
                _ => format!("{text}{{{dimension} in ('{one}', '{other}')}}"),
            };
        }
        self.named.push(measure.clone());
        text
    }
}
