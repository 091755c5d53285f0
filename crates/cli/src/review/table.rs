//! A review as text for a terminal or a file.

use std::env;
use std::io::{self, IsTerminal};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle, Width,
};

use super::compare::{Line, Review, Source};
use super::note::Notes;
use super::words::Language;

/// The widest the table gets, and its width where there is no terminal.
const WIDEST: u16 = 120;
/// Below this the numbers would break over two lines.
const NARROWEST: u16 = 90;

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// How wide, and whether with colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) width: u16,
    pub(crate) colours: bool,
}

impl Look {
    /// For the standard output: no colours in a file.
    pub(crate) fn of_stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        let width = Table::new().width().filter(|_| terminal);
        Self {
            width: width.unwrap_or(WIDEST).clamp(NARROWEST, WIDEST),
            colours: terminal && wants_colours(),
        }
    }
}

/// Whether colours are welcome (<https://no-color.org>).
pub(crate) fn wants_colours() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The table, its footnotes, and how many printed figures agree.
pub(crate) fn render(review: &Review, language: Language, look: Look) -> String {
    let mut notes = Notes::new(review, language);
    let mut table = empty_table(language, look);
    for (index, section) in review.sections.iter().enumerate() {
        if index > 0 {
            table.add_row([""]);
        }
        // in capitals, so that a heading is one without bold type, too
        let heading = Cell::new(language.of(&section.label).to_uppercase());
        table.add_row([heading.add_attribute(Attribute::Bold)]);
        for line in &section.lines {
            table.add_row(row(line, language, &mut notes));
        }
    }
    let absent = review.absent.iter().map(|id| {
        let text = language.choose("Báo cáo không có dòng", "The report has no line");
        format!("✗ {text} {id}")
    });
    let mut lines = vec![table.trim_fmt()];
    lines.push(language.legend().to_owned());
    lines.extend(notes.lines());
    lines.extend(absent);
    lines.push(language.agreement(review.agreed(), review.printed()));
    lines.join("\n") + "\n"
}

fn empty_table(language: Language, look: Look) -> Table {
    let mut table = Table::new();
    if look.colours {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(look.width)
        .set_header(language.header());
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, u16::from(index == UNIT || NUMBERS.contains(&index))));
        match index {
            LABEL => {}
            UNIT => {
                column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(UNIT_WIDEST)));
            }
            _ => {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        if NUMBERS.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Takes what the other columns leave, and breaks into lines.
const LABEL: usize = 0;
/// Breaks into lines, too, so that the label has room.
const UNIT: usize = 2;
const UNIT_WIDEST: u16 = 25;
/// The columns of numbers: value, reports, published.
const NUMBERS: [usize; 3] = [1, 4, 5];

fn row(line: &Line, language: Language, notes: &mut Notes<'_>) -> Vec<Cell> {
    let figure = &line.line.figure;
    let value = match &figure.value {
        Ok(number) => language.bounded(number, figure.qualifier),
        Err(reason) => format!("({})", language.missing(*reason)),
    };
    let quality = figure.quality.map(|quality| language.quality(quality));
    let quality = format!("{} {}", quality.unwrap_or("–"), notes.mark(line));
    let coverage = figure
        .coverage
        .map(|coverage| format!("{}/{}", coverage.reported, coverage.expected));
    let (published, mark) = match line.source {
        Source::Printed {
            value,
            qualifier,
            agrees,
        } => {
            let mark = if agrees {
                Cell::new("✓").fg(Color::Green)
            } else {
                Cell::new("✗").fg(Color::Red)
            };
            (language.bounded(&value.to_string(), qualifier), mark)
        }
        Source::NotPrinted | Source::Silent => (String::new(), Cell::new("")),
    };
    vec![
        Cell::new(language.of(&line.line.label)),
        Cell::new(value),
        Cell::new(language.of(&line.line.unit.label)),
        Cell::new(quality.trim_end()),
        Cell::new(coverage.unwrap_or_default()),
        Cell::new(published),
        mark,
    ]
}
