//! Calls the load generator (`tests/src/bin/load`) and reads what it measured.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

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

    /// One that is built already.
    pub fn at(program: PathBuf) -> Self {
        Self(program)
    }

    /// Begins to let members check in, through the node at `address` and each until he is
    /// acknowledged, whatever happens to the database meanwhile.
    pub fn survive(
        &self,
        service: &Service,
        running: &Running,
        connections: u32,
        seconds: u32,
    ) -> Result<Survivors> {
        let child = Command::new(&self.0)
            .arg("survive")
            .arg(service.configuration_file())
            .arg(running.address().to_string())
            .args([0, connections, seconds].map(|it| it.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the load generator could not be started")?;
        Ok(Survivors(child))
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

/// Members who check in while something happens.
pub struct Survivors(Child);

/// What they saw.
#[derive(Clone, Copy, Debug)]
pub struct Survived {
    /// Check-ins that were answered with success.
    pub acknowledged: f64,
    /// Of these, those whose row is not there.
    pub lost: f64,
    /// Rows beyond one for a member.
    pub doubled: f64,
    /// Answers that asked to come again.
    pub put_off: f64,
    /// Answers that no fault excuses.
    pub wrong: f64,
    /// The longest time in which nobody was acknowledged.
    pub silence_seconds: f64,
}

impl Survivors {
    /// Waits until everybody who began is acknowledged.
    pub fn come_home(self) -> Result<Survived> {
        let output = self.0.wait_with_output()?;
        let answer = String::from_utf8_lossy(&output.stdout);
        let figure = |name| {
            number(&answer, name).with_context(|| format!("the load generator said {answer:?}"))
        };
        Ok(Survived {
            acknowledged: figure("acknowledged")?,
            lost: figure("lost")?,
            doubled: figure("doubled")?,
            put_off: figure("put_off")?,
            wrong: figure("wrong")?,
            silence_seconds: figure("silence_seconds")?,
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
