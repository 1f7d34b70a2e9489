//! Where frames are shown: a terminal, or whatever plays one.

use ratatui::Frame;
use ratatui::layout::Size;

use super::signals::{self, NoShell};
use super::terminal::{self, Screen, TerminalError};

/// Shows frames, one at a time.
pub(super) trait Stage {
    /// Columns and rows it has now.
    fn size(&self) -> Size;

    /// Follows to a new size.
    fn resize(&mut self, size: Size) -> Result<(), TerminalError>;

    /// Whether the frame before has arrived.
    fn idle(&self) -> bool;

    /// Waits until it has; an error says why no frame ever will.
    fn settled(&self) -> impl Future<Output = Result<(), String>> + Send + use<Self>;

    /// Draws one frame and sends it on its way.
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), TerminalError>;

    /// Gives everything back to the shell and stops the process.
    fn suspend(&mut self) -> Result<(), NoShell>;

    /// Takes everything again, whoever had it meanwhile.
    fn resume(&mut self) -> Result<(), TerminalError>;
}

impl Stage for Screen {
    fn size(&self) -> Size {
        self.size()
    }

    fn resize(&mut self, size: Size) -> Result<(), TerminalError> {
        self.resize(size)
    }

    fn idle(&self) -> bool {
        self.idle()
    }

    fn settled(&self) -> impl Future<Output = Result<(), String>> + Send + use<> {
        self.settled()
    }

    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), TerminalError> {
        self.draw(draw)
    }

    fn suspend(&mut self) -> Result<(), NoShell> {
        terminal::restore();
        signals::stop()
    }

    fn resume(&mut self) -> Result<(), TerminalError> {
        self.resume()
    }
}
