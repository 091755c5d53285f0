//! The text of a formula: sums, differences, products, ratios, functions of other periods.

use almanac_model::TimeUnit;

use super::genes::Choices;
use super::metrics::DIMENSIONS;

/// What a formula may name.
#[derive(Clone, Debug)]
pub(super) struct MeasureSketch {
    pub(super) id: String,
    pub(super) dimensions: Vec<&'static str>,
    /// How often its metrics are reported.
    pub(super) frequencies: Vec<&'static str>,
    /// Whether it has a stock in it, which nothing adds over time.
    pub(super) has_stock: bool,
    /// How much is read for it, roughly: divisions look at each area, windows at each period.
    pub(super) cost: usize,
}

/// More takes the oracle too long.
pub(super) const MAX_COST: usize = 400;

/// Of what is reported by the day much is read.
pub(super) fn cost_of(frequency: &str) -> usize {
    if frequency == "day" { 20 } else { 1 }
}

/// A formula that is being written, with what it names so far.
pub(super) struct Draft<'a> {
    pub(super) known: &'a [MeasureSketch],
    pub(super) named: Vec<MeasureSketch>,
    /// Over how many periods its windows go together.
    pub(super) windows: usize,
}

impl<'a> Draft<'a> {
    /// Nothing yet, over what may be named.
    pub(super) fn over(known: &'a [MeasureSketch]) -> Self {
        Self {
            known,
            named: Vec::new(),
            windows: 1,
        }
    }

    /// How much the formula reads, roughly.
    pub(super) fn cost(&self, text: &str) -> usize {
        let divisions = u32::try_from(text.matches('/').count()).unwrap_or(u32::MAX).min(4);
        let named: usize = self.named.iter().map(|measure| measure.cost).sum();
        named
            .saturating_mul(self.windows)
            .saturating_mul(4_usize.pow(divisions))
    }

    /// Any formula.
    pub(super) fn formula(&mut self, choices: &mut Choices<'_>) -> String {
        match choices.below(22) {
            0 | 16 | 17 => self.sum(choices),
            18..=21 => self.operand(choices),
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
        let from = self.named.len();
        let text = match choices.below(6) {
            0 | 3 => format!("({})", self.sum(choices)),
            1 | 2 => return self.reference(choices),
            _ => self.reference(choices),
        };
        self.over_time(text, from, choices)
    }

    /// Sometimes the formula over other periods: mostly of the frequency of what was named from a place on.
    pub(super) fn over_time(&mut self, inner: String, from: usize, choices: &mut Choices<'_>) -> String {
        let of_inner: Vec<&str> = self.named[from..]
            .iter()
            .flat_map(|one| one.frequencies.clone())
            .collect();
        let own = choices.one(&of_inner).copied().unwrap_or("month");
        let unit = choices.of_values([own, own, own, own, own, "year", "quarter"]);
        let units = TimeUnit::from_name(unit).map_or("months", TimeUnit::plural);
        let count = choices.of_values([2, 3, 1, 5]);
        let window = choices.of_values(["avg", "min", "max"]);
        let flows = self.named[from..].iter().all(|measure| !measure.has_stock);
        let function = choices.below(12);
        if function > 4 {
            self.windows *= count;
        }
        match function {
            1 | 2 => format!("shift({inner}, -1 {unit})"),
            3 => format!("shift({inner}, {count} {units})"),
            4 => format!("ytd({inner})"),
            5..=7 if flows => format!("moving_sum({inner}, {count} {units})"),
            5..=8 => format!("moving_{window}({inner}, {count} {units})"),
            9..=11 => format!("{window}({inner} by {own})"),
            _ => inner,
        }
    }

    /// A sum or a difference.
    pub(super) fn sum(&mut self, choices: &mut Choices<'_>) -> String {
        let sign = choices.of_values(["+", "-"]);
        format!("{} {sign} {}", self.reference(choices), self.reference(choices))
    }

    /// Something that may be named, sometimes narrowed to codes.
    pub(super) fn reference(&mut self, choices: &mut Choices<'_>) -> String {
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
