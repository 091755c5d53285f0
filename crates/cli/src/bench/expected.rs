//! The same answers by plain loops over the values: no figure of the benchmark counts before they agree.

use std::fmt::Write as _;

use almanac_catalog::Kind;

use super::ask::{Question, first_asked};
use super::report::Told;
use super::workload::{Block, LAST_DAY, METRICS, Workload, province_name};

const MONTHS: usize = 12;

/// What the last year comes to: for each cell of each province, the value of each month.
pub(super) struct Expected<'a> {
    workload: &'a Workload,
    /// By province, cell and month: what a flow came to, and what there was of a stock on the month's last day.
    months: Vec<i64>,
    /// Of each day of the workload in the last year, its month, and whether that ends with it.
    days: Vec<Option<(usize, bool)>>,
}

impl<'a> Expected<'a> {
    pub(super) fn new(workload: &'a Workload) -> Self {
        let cells = workload.shape.provinces * workload.cells.len();
        let month = |day| {
            let date = workload.date(day);
            let month = usize::from(date.month().unsigned_abs()) - 1;
            (date.year() == LAST_DAY.year()).then_some((month, date.day() == date.days_in_month()))
        };
        Self {
            workload,
            months: vec![0; cells * MONTHS],
            days: (0..workload.shape.days).map(month).collect(),
        }
    }

    /// Adds the values of a block.
    pub(super) fn add(&mut self, block: &Block) {
        let days = &self.days[block.first_day..block.first_day + block.days];
        for (values, series) in block.values.chunks(block.days).zip(block.first_series..) {
            let (district, cell) = self.workload.place(series);
            let province = self.workload.shape.province_of(district);
            let start = (province * self.workload.cells.len() + cell) * MONTHS;
            let kind = self.workload.cells[cell].kind;
            for (value, day) in values.iter().zip(days) {
                if let Some((month, ends)) = *day
                    && (kind == Kind::Flow || ends)
                {
                    self.months[start + month] += value;
                }
            }
        }
    }

    /// The answer to a question, sorted.
    pub(super) fn answer(&self, question: Question) -> Vec<Told> {
        let first = usize::from(first_asked(self.workload).month().unsigned_abs()) - 1;
        let year = LAST_DAY.year();
        let mut answer = Vec::new();
        let mut add = |measure: &str, province, period, code: &str, value: String| {
            answer.push(Told {
                measure: measure.to_owned(),
                area: province_name(province),
                period,
                code: code.to_owned(),
                value,
            });
        };
        let provinces = 0..self.workload.shape.provinces;
        match question {
            Question::PostByMonth => {
                for month in first..MONTHS {
                    let sum = self.sum("post.items", None, 0, month);
                    add("post.items", 0, month_name(month), "", sum.to_string());
                }
            }
            Question::InternetByQuarter => {
                for quarter in first / 3..4 {
                    for code in ["adsl", "cable", "ftth", "mobile"] {
                        let sum = self.sum("internet.subscriptions", Some(code), 0, quarter * 3 + 2);
                        let period = format!("{year}-Q{}", quarter + 1);
                        add("internet.subscriptions", 0, period, code, sum.to_string());
                    }
                }
            }
            Question::TelephoneDensity => {
                for province in provinces {
                    let sum = self.sum("telephone.subscriptions", None, province, MONTHS - 1);
                    let density = hundredths(sum * 100, self.workload.inhabitants(province).into());
                    add("telephone.density", province, year.to_string(), "", density);
                }
            }
            Question::Everything => {
                for (metric, province) in METRICS
                    .iter()
                    .flat_map(|metric| provinces.clone().map(move |province| (metric, province)))
                {
                    for month in first..MONTHS {
                        let sum = self.sum(metric, None, province, month);
                        add(metric, province, month_name(month), "", sum.to_string());
                    }
                }
            }
        }
        answer.sort();
        answer
    }

    /// The sum over the cells of a metric, all or those with a code.
    fn sum(&self, metric: &str, code: Option<&str>, province: usize, month: usize) -> i128 {
        let cells = &self.workload.cells;
        let of_it = cells.iter().zip(0_usize..).filter(|(cell, _)| {
            let has = |code| cell.dimensions.iter().any(|(_, one)| one.as_str() == code);
            cell.metric.as_str() == metric && code.is_none_or(has)
        });
        of_it
            .map(|(_, cell)| i128::from(self.months[(province * cells.len() + cell) * MONTHS + month]))
            .sum()
    }
}

fn month_name(month: usize) -> String {
    format!("{}-{:02}", LAST_DAY.year(), month + 1)
}

/// A quotient of numbers that are not negative with two decimals, half to even.
fn hundredths(numerator: i128, denominator: i128) -> String {
    let scaled = numerator * 100;
    let (whole, rest) = (scaled / denominator, scaled % denominator);
    let up = rest * 2 > denominator || (rest * 2 == denominator && whole % 2 == 1);
    let rounded = whole + i128::from(up);
    let mut text = String::new();
    // writing to a string cannot fail
    let _ = write!(text, "{}.{:02}", rounded / 100, rounded % 100);
    text
}
