//! Exact linear algebra: which vectors are combinations of others.

use almanac_model::Exact;

/// The combinations of some rows, as rows of which each has a one where all others have zero.
#[derive(Default)]
pub(crate) struct Span {
    rows: Vec<(usize, Vec<Exact>)>,
}

impl Span {
    /// Adds a row and all its combinations with those before.
    pub(crate) fn add(&mut self, row: Vec<Exact>) {
        let mut row = self.rest(row);
        let Some(pivot) = row.iter().position(|one| !one.sign().is_eq()) else {
            return;
        };
        let lead = row[pivot].clone();
        for one in row.iter_mut().filter(|one| !one.sign().is_eq()) {
            *one = one.checked_div(&lead).expect("the pivot is not zero");
        }
        for (_, other) in &mut self.rows {
            subtract(other, pivot, &row);
        }
        self.rows.push((pivot, row));
    }

    /// Whether the coordinate alone is a combination: whether it can be computed from the rows.
    pub(crate) fn contains_unit(&self, coordinate: usize, length: usize) -> bool {
        let mut unit = vec![Exact::from_integer(0); length];
        unit[coordinate] = Exact::from_integer(1);
        self.rest(unit).iter().all(|one| one.sign().is_eq())
    }

    /// A direction in which the coordinate moves and all rows stay what they are: each comes to zero over it. `None` when the
    /// coordinate can be computed from the rows.
    pub(crate) fn direction(&self, coordinate: usize, length: usize) -> Option<Vec<Exact>> {
        let own = self.rows.iter().find(|(pivot, _)| *pivot == coordinate);
        let free = match own {
            None => coordinate,
            Some((pivot, row)) => (0..length).find(|other| other != pivot && !row[*other].sign().is_eq())?,
        };
        let mut direction = vec![Exact::from_integer(0); length];
        direction[free] = Exact::from_integer(1);
        for (pivot, row) in &self.rows {
            direction[*pivot] = -&row[free];
        }
        Some(direction)
    }

    /// What is left of a row without the combinations.
    fn rest(&self, mut row: Vec<Exact>) -> Vec<Exact> {
        for (pivot, other) in &self.rows {
            subtract(&mut row, *pivot, other);
        }
        row
    }
}

/// Takes so much of another row away that the pivot is zero.
fn subtract(row: &mut [Exact], pivot: usize, other: &[Exact]) {
    let times = row[pivot].clone();
    if times.sign().is_eq() {
        return;
    }
    for (one, other) in row.iter_mut().zip(other).filter(|(_, other)| !other.sign().is_eq()) {
        *one = &*one - &(&times * other);
    }
}

#[test]
fn a_unit_is_found_exactly_where_it_is_a_combination() {
    let row = |numbers: [i128; 3]| numbers.map(Exact::from_integer).to_vec();
    let mut span = Span::default();
    span.add(row([1, 1, 1]));
    span.add(row([0, 2, 2]));
    assert!(span.contains_unit(0, 3));
    assert!(!span.contains_unit(1, 3));
    span.add(row([0, 0, 5]));
    assert!(span.contains_unit(1, 3));
}

#[test]
fn a_direction_leaves_all_rows_as_they_are() {
    let row = |numbers: [i128; 3]| numbers.map(Exact::from_integer).to_vec();
    let mut span = Span::default();
    span.add(row([1, 1, 1]));
    span.add(row([0, 1, 2]));
    for coordinate in 0..3 {
        let direction = span.direction(coordinate, 3).unwrap();
        assert!(!direction[coordinate].sign().is_eq());
        for row in [row([1, 1, 1]), row([0, 1, 2])] {
            let product = row.iter().zip(&direction).map(|(one, other)| one * other);
            let sum = product.fold(Exact::from_integer(0), |sum, one| &sum + &one);
            assert!(sum.sign().is_eq());
        }
    }
    span.add(row([0, 0, 5]));
    assert_eq!(span.direction(1, 3), None);
}
