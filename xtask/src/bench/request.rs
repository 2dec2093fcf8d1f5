//! What is to be measured: `cargo xtask bench [PART…] [--flag N]…`.

use anyhow::{Context, Result, bail};

/// A part of the measurement that can be asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Check-ins beside pgbench, COPY and peers.
    CheckIns,
    /// What members read, beside a service that does nothing.
    Pages,
    /// One node and two.
    Nodes,
    /// How cost grows with the data of other committees.
    Growth,
    /// A disk that takes two milliseconds to flush.
    Slow,
    /// Scores, and the record.
    Scores,
    /// Six hundred members within a minute, while notices are sent.
    Load,
    /// A whole country within a minute.
    Friday,
    /// Questions of one committee on a nation's data.
    Nation,
    /// Build times.
    Build,
}

impl Part {
    /// Every part, in the order in which they are measured.
    pub const ALL: [Self; 10] = [
        Self::CheckIns,
        Self::Pages,
        Self::Nodes,
        Self::Growth,
        Self::Slow,
        Self::Scores,
        Self::Load,
        Self::Friday,
        Self::Nation,
        Self::Build,
    ];
    /// What is measured when nothing is named: what takes minutes, not a quarter of an hour.
    const USUAL: [Self; 6] = [
        Self::CheckIns,
        Self::Pages,
        Self::Nodes,
        Self::Growth,
        Self::Slow,
        Self::Scores,
    ];

    /// The word by which it is asked for.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CheckIns => "check-ins",
            Self::Pages => "pages",
            Self::Nodes => "nodes",
            Self::Growth => "growth",
            Self::Slow => "slow",
            Self::Scores => "scores",
            Self::Load => "load",
            Self::Friday => "friday",
            Self::Nation => "nation",
            Self::Build => "build",
        }
    }
}

/// How much to measure. What is not told has a size that suits its part.
#[derive(Debug, Default, PartialEq)]
pub struct Request {
    /// The parts, in their order.
    pub parts: Vec<Part>,
    /// The length of one run of load.
    pub seconds: Option<u32>,
    /// How many members a committee has.
    pub members: Option<u32>,
    /// How often everything takes its turn.
    pub rounds: Option<u32>,
    /// How many members the country has whose scores are computed.
    pub country: Option<u32>,
    /// How many committees there are.
    pub committees: Option<u32>,
    /// How many facts are known of each member.
    pub facts: Option<u32>,
    /// How many begin to check in every second.
    pub rate: Option<u32>,
    /// Over how many connections.
    pub connections: Option<u32>,
    /// `sqlite` or `postgres`, where not both.
    pub engine: Option<String>,
    /// Whether the debug build is measured, to try a measurement out.
    pub debug: bool,
    /// Whether the tables are put into `docs/performance.md`.
    pub write: bool,
}

impl Request {
    /// Reads the words behind `bench`.
    pub fn read(arguments: &[String]) -> Result<Self> {
        let mut request = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--") else {
                let part = Part::ALL.into_iter().find(|part| part.word() == word);
                let part = part.with_context(|| format!("bench has no part {word:?}"))?;
                request.parts.push(part);
                continue;
            };
            match flag {
                "debug" => request.debug = true,
                "write" => request.write = true,
                "engine" => {
                    let engine = words.next().map(String::as_str);
                    if !matches!(engine, Some("sqlite" | "postgres")) {
                        bail!("--engine takes sqlite or postgres");
                    }
                    request.engine = engine.map(str::to_owned);
                }
                size => *request.size(size)? = Some(number(word, words.next())?),
            }
        }
        if request.parts.is_empty() {
            request.parts.extend(Part::USUAL);
        }
        Ok(request)
    }

    fn size(&mut self, flag: &str) -> Result<&mut Option<u32>> {
        Ok(match flag {
            "seconds" => &mut self.seconds,
            "members" => &mut self.members,
            "rounds" => &mut self.rounds,
            "country" => &mut self.country,
            "committees" => &mut self.committees,
            "facts" => &mut self.facts,
            "rate" => &mut self.rate,
            "connections" => &mut self.connections,
            _ => bail!("bench does not know \"--{flag}\""),
        })
    }

    /// Whether this engine is measured.
    pub fn wants(&self, engine: &str) -> bool {
        self.engine.as_deref().is_none_or(|only| only == engine)
    }
}

fn number(flag: &str, text: Option<&String>) -> Result<u32> {
    text.and_then(|text| text.parse().ok())
        .filter(|number| *number > 0)
        .with_context(|| format!("{flag} takes a whole number above 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Request> {
        Request::read(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sizes_can_be_chosen_in_any_order() {
        let request = read(&["--rounds", "1", "load", "--members", "500", "--debug"]).unwrap();

        assert_eq!(request.parts, [Part::Load]);
        assert_eq!(
            (request.rounds, request.members, request.seconds),
            (Some(1), Some(500), None)
        );
        assert!(request.debug && !request.write);
    }

    #[test]
    fn without_a_part_the_usual_ones_are_measured() {
        assert_eq!(read(&["--write"]).unwrap().parts, Part::USUAL);
    }

    #[test]
    fn one_engine_can_be_asked_for() {
        let request = read(&["load", "--engine", "postgres"]).unwrap();

        assert!(request.wants("postgres") && !request.wants("sqlite"));
        assert!(read(&["load"]).unwrap().wants("sqlite"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [
            &["--seconds", "ten"][..],
            &["--seconds", "0"],
            &["--seconds"],
            &["--hours", "1"],
            &["--engine", "mysql"],
            &["everything"],
        ] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
