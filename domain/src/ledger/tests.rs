use chrono::TimeDelta;

use super::*;

/// A row as a database keeps it.
#[derive(Clone)]
struct Row {
    seq: u64,
    prev: Hash,
    hash: Hash,
    text: String,
}

impl Row {
    fn computed(&self) -> Hash {
        let at = DateTime::from_timestamp(1_795_741_200, 0).unwrap();
        seal(&Entry {
            chain: "facts",
            committee: CommitteeId(uuid::Uuid::from_u128(7)),
            seq: self.seq,
            prev: self.prev,
            at: at + TimeDelta::seconds(i64::try_from(self.seq).unwrap()),
            fields: &[("kind", b"duty.proposal"), ("title", self.text.as_bytes())],
        })
    }
}

fn chain(length: u64, text: &str) -> Vec<Row> {
    let mut prev = Hash::GENESIS;
    (1..=length)
        .map(|seq| {
            let mut row = Row {
                seq,
                prev,
                hash: Hash::GENESIS,
                text: format!("{text} {seq}"),
            };
            row.hash = row.computed();
            prev = row.hash;
            row
        })
        .collect()
}

fn verify(rows: &[Row], checkpoint: Option<Head>, head: Option<Head>) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(Head::START);
    if let Some(noted) = checkpoint {
        verifier = verifier.checkpoint(noted);
    }
    for row in rows {
        let link = Link {
            seq: row.seq,
            prev: row.prev,
            hash: row.hash,
            computed: row.computed(),
        };
        if verifier.push(&link).is_err() {
            break;
        }
    }
    verifier.finish(head.map(|head| (head.seq, head.hash)))
}

fn head(rows: &[Row]) -> Head {
    let last = rows.last().unwrap();
    Head {
        seq: last.seq,
        hash: last.hash,
    }
}

#[test]
fn an_untouched_chain_verifies_from_its_start_and_from_any_head() {
    let rows = chain(10, "提案");
    assert_eq!(verify(&rows, None, Some(head(&rows))), Ok(head(&rows)));
    assert_eq!(verify(&rows, Some(head(&rows[..4])), None), Ok(head(&rows)));
    assert_eq!(verify(&[], None, None), Ok(Head::START));

    let mut verifier = Verifier::new(head(&rows[..4]));
    let row = &rows[4];
    let link = Link {
        seq: 5,
        prev: row.prev,
        hash: row.hash,
        computed: row.computed(),
    };
    assert_eq!(verifier.push(&link), Ok(()));
}

#[test]
fn every_way_to_change_history_is_found_and_its_first_entry_named() {
    let good = chain(10, "提案");
    let checkpoint = Some(head(&good[..6]));
    let broken = |seq, why| Err(Broken { seq, why });

    let mut changed = good.clone();
    changed[3].text.push('!');
    assert_eq!(verify(&changed, None, None), broken(4, Why::HashMismatch));

    changed[3].hash = changed[3].computed();
    assert_eq!(verify(&changed, None, None), broken(5, Why::PrevMismatch));

    let mut deleted = good.clone();
    deleted.remove(3);
    assert_eq!(
        verify(&deleted, None, None),
        broken(5, Why::Gap { expected: 4 })
    );

    deleted[3].seq = 4;
    assert_eq!(verify(&deleted, None, None), broken(4, Why::HashMismatch));

    let mut swapped = good.clone();
    swapped.swap(3, 4);
    assert_eq!(
        verify(&swapped, None, None),
        broken(5, Why::Gap { expected: 4 })
    );

    let mut doubled = good.clone();
    doubled.insert(4, good[3].clone());
    assert_eq!(
        verify(&doubled, None, None),
        broken(4, Why::Gap { expected: 5 })
    );

    let cut_off = &good[..8];
    let missing = Why::Truncated { expected: 10 };
    assert_eq!(verify(cut_off, None, Some(head(&good))), broken(9, missing));

    let rewritten = chain(10, "假提案");
    let noted = Why::HeadMismatch {
        expected: good[5].hash,
    };
    assert_eq!(verify(&rewritten, checkpoint, None), broken(6, noted));
    let noted = Why::HeadMismatch {
        expected: good[9].hash,
    };
    assert_eq!(
        verify(&rewritten, None, Some(head(&good))),
        broken(10, noted)
    );

    let older_backup = &good[..5];
    assert_eq!(
        verify(older_backup, checkpoint, None),
        broken(6, Why::Truncated { expected: 6 })
    );

    let noted = Why::HeadMismatch {
        expected: good[7].hash,
    };
    assert_eq!(
        verify(&good, None, Some(head(&good[..8]))),
        broken(9, noted)
    );
}

#[test]
fn no_byte_can_move_from_one_part_into_its_neighbour() {
    let at = DateTime::from_timestamp(0, 0).unwrap();
    let committee = CommitteeId(uuid::Uuid::from_u128(7));
    let entry = |fields: &[(&str, &[u8])]| {
        seal(&Entry {
            chain: "facts",
            committee,
            seq: 1,
            prev: Hash::GENESIS,
            at,
            fields,
        })
    };
    let seals = [
        entry(&[]),
        entry(&[("", b"")]),
        entry(&[("a", b"bc")]),
        entry(&[("ab", b"c")]),
        entry(&[("a", b"b"), ("", b"c")]),
        entry(&[("", b"c"), ("a", b"b")]),
        entry(&[("a", b"bc"), ("", b"")]),
    ];
    for (index, hash) in seals.iter().enumerate() {
        assert!(!seals[..index].contains(hash), "{index}");
    }
}

#[test]
fn every_part_of_an_entry_is_sealed_and_the_form_is_pinned() {
    let at = DateTime::from_timestamp(1_795_741_200, 123_456_000).unwrap();
    let entry = Entry {
        chain: "audit",
        committee: CommitteeId(uuid::Uuid::from_u128(7)),
        seq: 1,
        prev: Hash::GENESIS,
        at,
        fields: &[("action", b"member.read"), ("subject", "张三".as_bytes())],
    };
    let pinned = seal(&entry);
    assert_eq!(
        pinned.to_string(),
        "7b9d583ca5cba129d087e38cc92a69057ffb9a1ce5912ef8d47ec4b9332a9337"
    );

    let micro = TimeDelta::microseconds(1);
    let others = [
        Entry {
            chain: "facts",
            ..entry
        },
        Entry {
            committee: CommitteeId(uuid::Uuid::from_u128(8)),
            ..entry
        },
        Entry { seq: 2, ..entry },
        Entry {
            prev: pinned,
            ..entry
        },
        Entry {
            at: at + micro,
            ..entry
        },
        Entry {
            fields: &entry.fields[..1],
            ..entry
        },
    ];
    for other in others {
        assert_ne!(seal(&other), pinned, "{other:?}");
    }
    let nanos = Entry {
        at: at + TimeDelta::nanoseconds(1),
        ..entry
    };
    assert_eq!(seal(&nanos), pinned, "a database keeps microseconds");
}

#[test]
fn a_hash_is_read_only_as_it_is_written() {
    let hash = chain(1, "x")[0].hash;
    assert_eq!(hash.to_string().parse(), Ok(hash));
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
    let upper = hash.to_string().to_uppercase();
    for text in [
        "",
        "00",
        upper.as_str(),
        &"0".repeat(63),
        &"0".repeat(66),
        &"é".repeat(32),
    ] {
        assert_eq!(text.parse::<Hash>(), Err(NotAHash), "{text}");
    }
}
