//! A page of the documentation, taken apart into what is done step by step.

use jiff::Timestamp;

/// A page.
pub(super) struct Page {
    pub(super) steps: Vec<Step>,
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
        let mut page = Self { steps: Vec::new() };
        let mut lines = (1..).zip(text.lines());
        while let Some((_, line)) = lines.next() {
            if let Some(now) = line.strip_prefix("<!-- clock: ") {
                let now = now.trim_end_matches(" -->").parse();
                page.steps
                    .push(Step::Clock(now.expect("the clock is set to an instant")));
            } else if line == "```console" {
                page.block(file, &mut lines);
            }
        }
        page
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
        }
    }
}

/// The request and the method of a whole command.
fn call_of(command: &str) -> Option<(&str, &str)> {
    let rest = command.strip_prefix("$ grpcurl -plaintext -d '")?;
    let (request, call) = rest.rsplit_once("' ")?;
    let method = call.trim_start_matches(['\\', '\n', ' ']).split_once(' ')?.1;
    (!method.is_empty()).then_some((request, method.trim()))
}
