//! Calls the load generator (`tests/src/bin/load`) and reads what it measured.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::service::{Running, Service};
use crate::workspace;

/// The generator, built.
pub struct Loader(PathBuf);

/// One run: everybody of one activity through so many connections.
#[derive(Clone, Copy)]
pub struct Run {
    /// Check-ins a second that were answered and whose rows were found afterwards.
    pub rate: f64,
    /// Half of the answers came within this.
    pub p50_ms: f64,
    /// All but one in a hundred came within this.
    pub p99_ms: f64,
    /// Answers that were no success.
    pub refused: f64,
    /// What the service took of one core for one check-in, where the system tells.
    pub service_cpu_ms: Option<f64>,
    /// What the generator took.
    pub loader_cpu_ms: Option<f64>,
}

impl Loader {
    /// Builds it like the service, whose crates it shares.
    pub fn build() -> Result<Self> {
        workspace::run(workspace::cargo().args([
            "build",
            "--release",
            "--locked",
            "--package",
            "tests",
            "--bin",
            "load",
        ]))?;
        Ok(Self(workspace::target().join("release").join("load")))
    }

    /// Writes a committee of that size with open activities, before the service starts.
    pub fn prepare(&self, service: &Service, members: u32, activities: u32) -> Result<()> {
        let mut command = Command::new(&self.0);
        command
            .arg("prepare")
            .arg(service.configuration_file())
            .args([members.to_string(), activities.to_string()]);
        workspace::output(&mut command).map(drop)
    }

    /// Lets the members check in to the activity of that place.
    pub fn run(
        &self,
        service: &Service,
        running: &Running,
        activity: u32,
        connections: u32,
        seconds: u32,
    ) -> Result<Run> {
        let before = running.cpu_seconds();
        let mut command = Command::new(&self.0);
        command
            .arg("run")
            .arg(service.configuration_file())
            .arg(running.address().to_string())
            .args([activity, connections, seconds].map(|it| it.to_string()));
        let answer = workspace::output(&mut command)?;
        let after = running.cpu_seconds();

        let figure = |name| {
            number(&answer, name).with_context(|| format!("the load generator said {answer}"))
        };
        let (accepted, found) = (figure("accepted")?, figure("found")?);
        if found < accepted || found < 1.0 {
            bail!("of {accepted} acknowledged check-ins {found} are there: {answer}");
        }
        let each_ms = |seconds: f64| seconds * 1000.0 / found;
        Ok(Run {
            rate: accepted / figure("seconds")?,
            p50_ms: figure("p50_ms")?,
            p99_ms: figure("p99_ms")?,
            refused: figure("refused")?,
            service_cpu_ms: after
                .zip(before)
                .map(|(after, before)| each_ms(after - before)),
            loader_cpu_ms: number(&answer, "cpu_seconds").map(each_ms),
        })
    }
}

/// A number of a flat JSON object.
fn number(json: &str, name: &str) -> Option<f64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let end = rest.find([',', '}'])?;
    rest[..end].trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_its_whole_name() {
        let json = r#"{"accepted":12,"p50_ms":1.25,"cpu_seconds":null,"seconds":5.5}"#;

        assert_eq!(number(json, "accepted"), Some(12.0));
        assert_eq!(number(json, "seconds"), Some(5.5));
        assert_eq!(number(json, "cpu_seconds"), None);
        assert_eq!(number(json, "p99_ms"), None);
    }
}
