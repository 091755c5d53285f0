//! Random rows in random runs, merged and opened anew: the index says what a map says.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::support::{basis, open, place, value};

#[derive(Clone, Debug)]
enum Step {
    Write(BTreeMap<u8, u8>),
    Merge,
    Open,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => btree_map(1..40_u8, any::<u8>(), 0..12).prop_map(Step::Write),
        3 => Just(Step::Merge),
        1 => Just(Step::Open),
    ];
    vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_index_says_what_was_written_last(steps in steps()) {
        let (_folder, dir) = place();
        let mut index = open(&dir)?;
        let (mut expected, mut written) = (BTreeMap::new(), 0);
        for step in steps {
            match step {
                Step::Write(rows) => {
                    written += 1;
                    let rows: Vec<([u8; 2], [u8; 1])> = rows.iter().map(|(key, value)| ([9, *key], [*value])).collect();
                    index.write(&basis(written), rows.iter().map(|(key, value)| (key.as_slice(), value.as_slice())))?;
                    expected.extend(rows);
                }
                Step::Merge => index.merge()?,
                Step::Open => {
                    drop(index);
                    index = open(&dir)?;
                }
            }
            prop_assert_eq!(index.basis(), (written > 0).then(|| basis(written)));
            for key in 1..40 {
                let key = [9, key];
                let expected = expected.get(&key).map(|value| value.to_vec());
                prop_assert_eq!(value(&index, &key)?, expected);
            }
        }
    }
}
