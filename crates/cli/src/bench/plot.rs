//! Small plots side by side, as an SVG: observations to the right, on a logarithmic scale; each height from zero on.

use std::fmt::Write as _;

/// One plot.
pub(super) struct Panel {
    pub(super) title: String,
    /// Names, and points: millions of observations, and how much.
    pub(super) lines: Vec<(String, Vec<(f64, f64)>)>,
}

const COLUMNS: usize = 3;
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 190.0;
/// Around a plot: above its title, left for its numbers.
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 30.0;
/// Readable on white and on black, and told apart by who sees no red.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// All of them.
pub(super) fn plot(panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(COLUMNS);
    let (width, height) = (WIDTH * places(COLUMNS), HEIGHT * places(rows));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let (x, y) = (WIDTH * places(place % COLUMNS), HEIGHT * places(place / COLUMNS));
        draw(&mut svg, panel, x, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, panel: &Panel, x: f64, y: f64) {
    let points = || panel.lines.iter().flat_map(|(_, points)| points);
    let most = round_up(points().map(|(_, height)| *height).fold(0.0, f64::max));
    let least_size = points().map(|(size, _)| size.log10()).fold(f64::INFINITY, f64::min);
    let most_size = points().map(|(size, _)| size.log10()).fold(f64::NEG_INFINITY, f64::max);
    let (across, up) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let base = y + HEIGHT - BOTTOM;
    let right =
        |size: f64| x + LEFT + across * (size.log10() - least_size) / (most_size - least_size).max(f64::EPSILON);
    let above = |height: f64| base - up * height / most;

    text(svg, x + LEFT, y + 16.0, "start\" font-weight=\"bold", &panel.title);
    for part in [0.0, 0.5, 1.0] {
        let height = above(most * part);
        line(svg, (x + LEFT, height), (x + WIDTH - RIGHT, height));
        text(svg, x + LEFT - 5.0, height + 3.0, "end", &number(most * part));
    }
    for ((name, points), (colour, place)) in panel.lines.iter().zip(COLOURS.iter().zip(0_u8..)) {
        let path: Vec<String> = points
            .iter()
            .map(|(size, height)| format!("{:.1},{:.1}", right(*size), above(*height)))
            .collect();
        // writing to a string cannot fail
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for (size, height) in points {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
                right(*size),
                above(*height)
            );
        }
        text(
            svg,
            x + LEFT + 66.0 * f64::from(place),
            y + 29.0,
            &format!("start\" fill=\"{colour}"),
            name,
        );
    }
    for (size, _) in panel.lines.first().map_or(&[][..], |(_, points)| points) {
        text(svg, right(*size), base + 14.0, "middle", &format!("{size:.0} M"));
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ccc\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn number(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The next of 1, 2, 5, 10 ... that is not less.
fn round_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= most);
    step.unwrap_or(10.0) * power
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn places(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_lies_inside_its_panel() {
        let lines = vec![("a".to_owned(), vec![(1.0, 0.0), (10.0, 3.0), (100.0, 7.0)])];
        let panel = Panel {
            title: "t".to_owned(),
            lines,
        };
        let svg = plot(&[panel]);
        let line = svg.lines().find(|line| line.starts_with("<polyline")).unwrap();
        // the left end at zero, the right end at 7 of 10
        let (low, high) = (HEIGHT - BOTTOM, HEIGHT - BOTTOM - 0.7 * (HEIGHT - TOP - BOTTOM));
        assert!(line.contains(&format!("\"{LEFT:.1},{low:.1} ")), "{line}");
        assert!(line.contains(&format!("{:.1},{high:.1}\"", WIDTH - RIGHT)), "{line}");
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (most, end) in [
            (0.0, 1.0),
            (0.3, 0.5),
            (1.0, 1.0),
            (7.0, 10.0),
            (11.0, 20.0),
            (420.0, 500.0),
        ] {
            assert!((round_up(most) - end).abs() < 1e-9, "{most}");
        }
    }
}
