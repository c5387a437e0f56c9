use super::*;
use proptest::prelude::*;

#[test]
fn a_full_table_gives_up_its_oldest() {
    let mut table = Table::<u32, u32>::with_memory(0);
    assert_eq!(table.capacity(), 16);
    for key in 0..16 {
        assert_eq!(table.insert(key, key * 10), None);
    }
    assert_eq!(table.insert(99, 990), Some(Displaced::Oldest(0, 0)));
    assert_eq!(table.insert(5, 51), Some(Displaced::SameKey(5, 50)));
    assert_eq!(table.insert(100, 1), Some(Displaced::Oldest(1, 10)));
    assert_eq!(table.iter().last(), Some((&100, &1)));
}

proptest! {
    /// Over the doubling of chains, and whatever is hidden, shown and renamed in between.
    #[test]
    fn finds_what_is_there_and_not_hidden(
        ops in prop::collection::vec((0u8..6, 0u32..400), 0..1200),
    ) {
        let mut table = Table::<u32, u32>::with_memory(1 << 16);
        let mut slots = std::collections::BTreeMap::new();
        let mut hidden = std::collections::BTreeMap::new();
        for (op, key) in ops {
            match op {
                0..=2 => {
                    if !slots.contains_key(&key) && !hidden.contains_key(&key) {
                        table.insert(key, key * 10);
                        slots.insert(key, table.newest().unwrap());
                    }
                }
                3 => {
                    if let Some(slot) = slots.remove(&key) {
                        table.hide(slot);
                        table.hide(slot);
                        hidden.insert(key, slot);
                    } else if let Some(slot) = hidden.remove(&key) {
                        table.show(slot);
                        table.show(slot);
                        slots.insert(key, slot);
                    }
                }
                4 => {
                    if let Some(slot) = slots.remove(&key).or_else(|| hidden.remove(&key)) {
                        table.discard(slot);
                    }
                }
                _ => {
                    let free = !slots.contains_key(&(key + 400));
                    if free && let Some(slot) = slots.remove(&key) {
                        table.rename(slot, key + 400);
                        slots.insert(key + 400, slot);
                    }
                }
            }
            prop_assert_eq!(table.len(), slots.len() + hidden.len());
        }
        for key in 0..800 {
            prop_assert_eq!(table.find(&key), slots.get(&key).copied());
        }
    }

    #[test]
    fn behaves_as_an_ordered_list(ops in prop::collection::vec((0u8..4, 0u32..40), 0..400)) {
        let mut table = Table::<u32, usize>::with_memory(0);
        let mut model: Vec<(u32, usize)> = Vec::new();
        for (step, (op, key)) in ops.into_iter().enumerate() {
            match op {
                0 | 1 => {
                    if let Some(at) = model.iter().position(|e| e.0 == key) {
                        model.remove(at);
                    } else if model.len() == table.capacity() {
                        model.remove(0);
                    }
                    model.push((key, step));
                    table.insert(key, step);
                }
                2 => {
                    let expected = model.iter().position(|e| e.0 == key).map(|at| model.remove(at));
                    prop_assert_eq!(table.remove(&key), expected);
                }
                _ => {
                    let expected = (!model.is_empty()).then(|| model.remove(0));
                    prop_assert_eq!(table.pop_oldest(), expected);
                }
            }
            let seen: Vec<_> = table.iter().map(|(k, v)| (*k, *v)).collect();
            prop_assert_eq!(&seen, &model);
            let backwards: Vec<_> = std::iter::successors(table.newest(), |&s| table.older(s))
                .filter_map(|s| table.key_at(s).copied())
                .collect();
            prop_assert_eq!(backwards, model.iter().rev().map(|e| e.0).collect::<Vec<_>>());
        }
    }
}
