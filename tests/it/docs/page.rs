//! A page of the documentation, taken apart into what is done step by step.

use std::collections::BTreeSet;
use std::fs;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::support::ingest::folder;

/// A page.
pub(super) struct Page {
    /// The files of its own catalogue, if it writes one: name and text.
    pub(super) catalog: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
    pub(super) sections: Vec<Section>,
}

/// What stands under a heading.
pub(super) struct Section {
    pub(super) title: String,
    /// The rules in its title: "Rules 13 and 14: ...".
    pub(super) rules: BTreeSet<u32>,
    /// How many commands it has.
    pub(super) commands: usize,
}

/// One thing that is done.
pub(super) enum Step {
    Clock(Timestamp),
    Command(Command),
}

/// A command and what the page says of its answer.
pub(super) struct Command {
    /// The page and the line, for whoever has to look.
    pub(super) place: String,
    /// Such as `almanac.query.v1.QueryService`.
    pub(super) service: String,
    /// Such as `QueryIndicators`.
    pub(super) method: String,
    /// The request as JSON.
    pub(super) request: String,
    /// The answer; empty when the page does not show it.
    pub(super) answer: String,
}

impl Page {
    pub(super) fn parse(file: &str, text: &str) -> Self {
        let mut page = Self {
            catalog: Vec::new(),
            steps: Vec::new(),
            sections: Vec::new(),
        };
        let mut lines = (1..).zip(text.lines());
        while let Some((_, line)) = lines.next() {
            if let Some(title) = line.strip_prefix('#') {
                page.sections.push(Section::titled(title));
            } else if let Some(now) = line.strip_prefix("<!-- clock: ") {
                let now = now.trim_end_matches(" -->").parse();
                page.steps
                    .push(Step::Clock(now.expect("the clock is set to an instant")));
            } else if let Some(name) = file_name(line) {
                let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
                let text = text.fold(String::new(), |text, line| text + line + "\n");
                page.catalog.push((name.to_owned(), text));
            } else if line == "```console" {
                page.block(file, &mut lines);
            }
        }
        page
    }

    /// A folder with the catalogue that it writes.
    pub(super) fn own_catalog(&self) -> Option<TempDir> {
        let dir = folder();
        for (name, text) in &self.catalog {
            fs::write(dir.path().join(name), text).expect("a file of the catalogue can be written");
        }
        (!self.catalog.is_empty()).then_some(dir)
    }

    /// The commands of a fenced block.
    fn block<'a>(&mut self, file: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) {
        let mut inside = lines.take_while(|(_, line)| *line != "```").peekable();
        while let Some((number, first)) = inside.next() {
            let mut command = first.to_owned();
            while call_of(&command).is_none() {
                let (_, more) = inside
                    .next()
                    .unwrap_or_else(|| panic!("{file}:{number}: the command has no end"));
                command.push('\n');
                command.push_str(more);
            }
            let mut answer = String::new();
            while let Some((_, line)) = inside.next_if(|(_, line)| !line.starts_with("$ ")) {
                answer.push_str(line);
                answer.push('\n');
            }
            let call = call_of(&command).expect("the command has an end");
            let (service, method) = call.1.split_once('/').expect("a method belongs to a service");
            self.steps.push(Step::Command(Command {
                place: format!("docs/{file}:{number}"),
                service: service.to_owned(),
                method: method.to_owned(),
                request: call.0.replace(r"'\''", "'"),
                answer,
            }));
            if let Some(section) = self.sections.last_mut() {
                section.commands += 1;
            }
        }
    }
}

/// The name of the file that a fenced block shows: "toml vehicles.toml".
fn file_name(line: &str) -> Option<&str> {
    let (kind, name) = line.strip_prefix("```")?.split_once(' ')?;
    matches!(kind, "toml" | "csv").then_some(name)
}

/// The request and the method of a whole command.
fn call_of(command: &str) -> Option<(&str, &str)> {
    let rest = command.strip_prefix("$ grpcurl -plaintext -d '")?;
    let (request, call) = rest.rsplit_once("' ")?;
    let method = call.trim_start_matches(['\\', '\n', ' ']).split_once(' ')?.1;
    (!method.is_empty()).then_some((request, method.trim()))
}

impl Section {
    fn titled(title: &str) -> Self {
        let title = title.trim_start_matches('#').trim();
        let named = title.strip_prefix("Rule").and_then(|rest| rest.split_once(':'));
        let numbers = named.map_or("", |(numbers, _)| numbers);
        let rules = numbers
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok());
        Self {
            title: title.to_owned(),
            rules: rules.collect(),
            commands: 0,
        }
    }
}
