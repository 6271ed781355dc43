//! Everything that a person can have done, in one table: the palette, the keys, the help and the
//! README's list come from it. What a command does is in `app/act.rs`. The rows of commands that open pages stand with
//! these, in `app/pages.rs`.

pub mod context;

use agor_core::keybindings::Context;

use crate::app::pages::with_pages;

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The command.
    pub command: Command,
    /// Its name in settings, which stays as it is for ever.
    pub id: &'static str,
    /// Its name in the palette.
    pub title: &'static str,
    /// Where its keys mean it.
    pub context: Context,
    /// Its keys: chords as [`agor_term::input::chord`] reads them, with spaces between those that
    /// are pressed one after another. The first is shown.
    pub keys: &'static [&'static str],
    /// One sentence on what it does.
    pub doc: &'static str,
}

macro_rules! commands {
    // The rows of pages stand with the pages.
    (
        { $($before:tt)* }
        { $($after:tt)* }
        pages { $($page:ident $file:ident $id:literal $title:literal $keys:tt $doc:literal;)+ }
    ) => {
        commands! {
            $($before)*
            $($page $id $title Anywhere $keys $doc;)+
            $($after)*
        }
    };
    ($($name:ident $id:literal $title:literal $context:ident [$($key:literal),*] $doc:literal;)+) => {
        /// A command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Command {
            $($name,)+
        }

        /// Every command.
        pub const TABLE: &[Row] = &[$(Row {
            command: Command::$name,
            id: $id,
            title: $title,
            context: Context::$context,
            keys: &[$($key),*],
            doc: $doc,
        }),+];
    };
}

with_pages! { commands {
    Palette "palette.open" "Command palette" Anywhere ["ctrl+shift+p", "ctrl+space space"] "Find a command, session or project by a few letters of its name.";
    GoToSession "palette.sessions" "Go to session…" Anywhere ["ctrl+shift+o", "ctrl+space o"] "Find a session by a few letters of its name, project or command.";
    AttentionNext "attention.next" "Next that needs you" Anywhere ["ctrl+shift+n", "ctrl+space a"] "Show the agent that has needed you longest, then the next.";
    AttentionBack "attention.back" "Back to where you were" Anywhere ["ctrl+shift+m", "ctrl+space shift+a"] "Go back to the session that you left for one that needs you.";
    NewAgent "agent.new" "New agent…" Anywhere ["ctrl+shift+s", "ctrl+space s"] "Choose an agent, say what it is to do, and start it in a new tab of this project.";
    ForkBeside "agent.fork" "Fork conversation" Anywhere ["ctrl+space alt+f"] "Begin a copy of the focused agent's conversation in a pane beside it.";
    ResumeBeside "agent.resume" "Resume conversation" Anywhere ["ctrl+space alt+r"] "Go on with the conversation of the focused agent, which has ended, in a pane beside it.";
    Snippets "snippets.insert" "Insert snippet…" Anywhere ["ctrl+space ;"] "Insert one of the texts that the settings keep under a name.";
    NewTab "tab.new" "New tab" Anywhere ["ctrl+shift+t", "ctrl+space t"] "Open your shell in a new tab of this project.";
    NewTabIn "tab.new_in" "New tab in folder…" Anywhere ["ctrl+space shift+n"] "Open your shell in one of the project's folders; a path that is typed becomes one of them.";
    SplitRight "pane.split_right" "Split right" Anywhere ["ctrl+shift+d", "ctrl+space d"] "Open your shell beside the focused pane.";
    SplitDown "pane.split_down" "Split down" Anywhere ["ctrl+shift+e", "ctrl+space e"] "Open your shell below the focused pane.";
    ClosePane "pane.close" "Close pane" Anywhere ["ctrl+shift+w", "ctrl+space w"] "Close the focused pane; its session goes on and stays in the sidebar.";
    UndoClose "pane.undo_close" "Undo close" Anywhere ["ctrl+space u"] "Bring back what was closed last as it was: a pane, a tab with its form and name, or a tab's window.";
    Zoom "pane.zoom" "Zoom pane" Anywhere ["ctrl+shift+enter", "ctrl+space z"] "Let the focused pane fill the tab, or bring the others back.";
    FocusLeft "focus.left" "Focus pane to the left" Anywhere ["ctrl+shift+left", "ctrl+space left", "ctrl+space h"] "Give the keyboard to the pane on the left.";
    FocusRight "focus.right" "Focus pane to the right" Anywhere ["ctrl+shift+right", "ctrl+space right", "ctrl+space l"] "Give the keyboard to the pane on the right.";
    FocusUp "focus.up" "Focus pane above" Anywhere ["ctrl+shift+up", "ctrl+space up", "ctrl+space k"] "Give the keyboard to the pane above.";
    FocusDown "focus.down" "Focus pane below" Anywhere ["ctrl+shift+down", "ctrl+space down", "ctrl+space j"] "Give the keyboard to the pane below.";
    FocusLast "focus.last" "Focus last pane" Anywhere ["ctrl+space tab"] "Go back to the pane that had the keyboard before.";
    Numbers "pane.numbers" "Focus pane by number" Anywhere ["ctrl+space q"] "Show a number over each pane; pressing it gives that pane the keyboard.";
    SwapLeft "pane.swap_left" "Swap pane with the one to the left" Anywhere ["ctrl+space ctrl+left"] "Let the focused pane and the one on the left change places.";
    SwapRight "pane.swap_right" "Swap pane with the one to the right" Anywhere ["ctrl+space ctrl+right"] "Let the focused pane and the one on the right change places.";
    SwapUp "pane.swap_up" "Swap pane with the one above" Anywhere ["ctrl+space ctrl+up"] "Let the focused pane and the one above change places.";
    SwapDown "pane.swap_down" "Swap pane with the one below" Anywhere ["ctrl+space ctrl+down"] "Let the focused pane and the one below change places.";
    EdgeLeft "pane.move_left" "Move pane to the left edge" Anywhere ["ctrl+space alt+left"] "Move the focused pane to the left edge of the tab, over its whole height.";
    EdgeRight "pane.move_right" "Move pane to the right edge" Anywhere ["ctrl+space alt+right"] "Move the focused pane to the right edge of the tab, over its whole height.";
    EdgeUp "pane.move_up" "Move pane to the upper edge" Anywhere ["ctrl+space alt+up"] "Move the focused pane to the upper edge of the tab, over its whole width.";
    EdgeDown "pane.move_down" "Move pane to the lower edge" Anywhere ["ctrl+space alt+down"] "Move the focused pane to the lower edge of the tab, over its whole width.";
    ResizeLeft "pane.resize_left" "Move border left" Anywhere ["ctrl+shift+alt+left"] "Move the border of the focused pane to the left.";
    ResizeRight "pane.resize_right" "Move border right" Anywhere ["ctrl+shift+alt+right"] "Move the border of the focused pane to the right.";
    ResizeUp "pane.resize_up" "Move border up" Anywhere ["ctrl+shift+alt+up"] "Move the border of the focused pane up.";
    ResizeDown "pane.resize_down" "Move border down" Anywhere ["ctrl+shift+alt+down"] "Move the border of the focused pane down.";
    Resize "pane.resize" "Resize panes by arrows" Anywhere ["ctrl+space x"] "Move borders by arrows or hjkl until Escape is pressed.";
    Balance "layout.balance" "Balance panes" Anywhere ["ctrl+space ="] "Give all panes of the tab the same room.";
    Columns "layout.columns" "Panes in columns" Anywhere ["ctrl+space m c"] "Put all panes of the tab beside each other.";
    Rows "layout.rows" "Panes in rows" Anywhere ["ctrl+space m r"] "Put all panes of the tab one below another.";
    Grid "layout.grid" "Panes in a grid" Anywhere ["ctrl+space m g"] "Arrange the panes of the tab as near to a square as it goes.";
    MainAndStack "layout.main" "Main pane and a stack" Anywhere ["ctrl+space m m"] "Give the focused pane the larger part, and put the others one below another beside it.";
    Rotate "pane.rotate" "Rotate panes" Anywhere ["ctrl+space m o"] "Let each pane take the place of the next.";
    RotateBack "pane.rotate_back" "Rotate panes back" Anywhere ["ctrl+space m shift+o"] "Let each pane take the place of the one before.";
    BreakOut "pane.break_out" "Move pane to a new tab" Anywhere ["ctrl+space m t"] "Take the focused pane out of its tab and give it one of its own.";
    Detach "pane.detach" "Pane to a window of its own, or back" Anywhere ["ctrl+space m w"] "Give the focused pane, with its tab if it is alone there, a window of its own, or put it back into the main window.";
    PageBeside "page.beside" "Page beside the panes, or back" Anywhere ["ctrl+space m b"] "Give the page that is open a tile beside the panes, or let the focused one fill the window again; where there is none, choose one.";
    ToNextTab "pane.to_next_tab" "Move pane to the next tab" Anywhere ["ctrl+space m n"] "Move the focused pane to the next tab of the project.";
    ToPreviousTab "pane.to_previous_tab" "Move pane to the previous tab" Anywhere ["ctrl+space m p"] "Move the focused pane to the tab before.";
    NextTab "tab.next" "Next tab" Anywhere ["ctrl+shift+page_down", "ctrl+tab", "ctrl+space n"] "Show the next tab.";
    PreviousTab "tab.previous" "Previous tab" Anywhere ["ctrl+shift+page_up", "ctrl+shift+tab", "ctrl+space p"] "Show the tab before.";
    Tab1 "tab.1" "Tab 1" Anywhere ["ctrl+space 1"] "Show the first tab.";
    Tab2 "tab.2" "Tab 2" Anywhere ["ctrl+space 2"] "Show the second tab.";
    Tab3 "tab.3" "Tab 3" Anywhere ["ctrl+space 3"] "Show the third tab.";
    Tab4 "tab.4" "Tab 4" Anywhere ["ctrl+space 4"] "Show the fourth tab.";
    Tab5 "tab.5" "Tab 5" Anywhere ["ctrl+space 5"] "Show the fifth tab.";
    Tab6 "tab.6" "Tab 6" Anywhere ["ctrl+space 6"] "Show the sixth tab.";
    Tab7 "tab.7" "Tab 7" Anywhere ["ctrl+space 7"] "Show the seventh tab.";
    Tab8 "tab.8" "Tab 8" Anywhere ["ctrl+space 8"] "Show the eighth tab.";
    Tab9 "tab.9" "Last tab" Anywhere ["ctrl+space 9"] "Show the last tab.";
    RenameTab "tab.rename" "Rename tab…" Anywhere ["ctrl+space shift+r"] "Give this tab a name of its own; without one it has that of its focused session.";
    PinTab "tab.pin" "Pin or unpin tab" Anywhere ["ctrl+space shift+p"] "Keep this tab at the left and from being closed by accident, or let it go.";
    PinPane "pane.pin" "Pin or unpin pane" Anywhere ["ctrl+space m shift+p"] "Keep the focused pane from being closed by accident and from being arranged with the others, or let it go.";
    CloseTab "tab.close" "Close tab" Anywhere ["ctrl+space shift+w"] "Close all panes of this tab; their sessions go on.";
    NextProject "project.next" "Next project" Anywhere ["ctrl+shift+j", "ctrl+space ]"] "Show the next project.";
    PreviousProject "project.previous" "Previous project" Anywhere ["ctrl+shift+k", "ctrl+space ["] "Show the project before.";
    OpenProject "project.open" "Open folder as project…" Anywhere ["ctrl+space f"] "Type a folder and open your shell in it.";
    GroupProject "project.group" "Put project into a group…" Anywhere [] "Choose the group in which this project stands in the sidebar, or name a new one.";
    FoldProject "project.fold" "Fold or unfold project" Anywhere [] "Leave this project's sessions out of the sidebar, or show them again.";
    Sidebar "view.sidebar" "Show or hide the sidebar" Anywhere ["ctrl+shift+b", "ctrl+space b"] "Show the list of projects and sessions, or their signs alone.";
    Inspector "view.inspector" "Show or hide the inspector" Anywhere ["ctrl+space shift+b"] "Show all of the focused session beside the panes: its state, agent, use, folder and settings.";
    Copy "edit.copy" "Copy" Terminal ["ctrl+shift+c", "ctrl+insert"] "Copy what is selected.";
    Paste "edit.paste" "Paste" Terminal ["ctrl+shift+v", "shift+insert"] "Paste the clipboard into the focused pane.";
    SelectAll "edit.select_all" "Select screen" Terminal ["ctrl+shift+a"] "Select all that the focused pane shows.";
    ClipboardAllow "clipboard.allow" "Clipboard: allow once" Anywhere ["ctrl+space shift+v a"] "Let the program that asks write the clipboard this once.";
    ClipboardAlways "clipboard.always" "Clipboard: always for this session" Anywhere ["ctrl+space shift+v s"] "Let the session that asks write the clipboard whenever it wants.";
    ClipboardRefuse "clipboard.refuse" "Clipboard: refuse" Anywhere ["ctrl+space shift+v r"] "Refuse the program that asks to write the clipboard.";
    Find "find.open" "Find in pane" Terminal ["ctrl+shift+f", "ctrl+space /"] "Look for a text in the focused pane's screen and history.";
    SelectByKeyboard "select.keyboard" "Select by keyboard" Anywhere ["ctrl+shift+space", "ctrl+space v"] "Move a cursor over screen and history by vi's keys or by arrows, select with v or Shift, copy with y.";
    Hints "hints.pick" "Pick a link, path or number" Anywhere ["ctrl+space shift+f", "ctrl+shift+l"] "Put letters over every link, path, hash, id, address and number; typing them copies it, with Shift opens it, with Alt inserts it.";
    Broadcast "broadcast.pane" "Broadcast: this pane in or out" Anywhere ["ctrl+space c"] "Type into several panes of this tab at once: take the focused one among them, or out.";
    BroadcastAll "broadcast.all" "Broadcast: all panes or none" Anywhere ["ctrl+space shift+c"] "Type into all panes of this tab at once, or into the focused one alone again; it ends when another tab is shown.";
    ScrollPageUp "scroll.page_up" "Scroll up a page" Terminal ["shift+page_up"] "Look one page further back.";
    ScrollPageDown "scroll.page_down" "Scroll down a page" Terminal ["shift+page_down"] "Look one page further on.";
    ScrollLineUp "scroll.line_up" "Scroll up a line" Terminal ["ctrl+space shift+up"] "Look one line further back.";
    ScrollLineDown "scroll.line_down" "Scroll down a line" Terminal ["ctrl+space shift+down"] "Look one line further on.";
    ScrollTop "scroll.top" "Scroll to the top" Terminal ["shift+home"] "Look at the oldest line that is kept.";
    ScrollBottom "scroll.bottom" "Scroll to the bottom" Terminal ["shift+end"] "Look at the newest line.";
    PromptPrevious "prompt.previous" "Previous prompt" Terminal ["ctrl+shift+z", "ctrl+space ,"] "Look at the shell's prompt before the one at the top.";
    PromptNext "prompt.next" "Next prompt" Terminal ["ctrl+shift+x", "ctrl+space ."] "Look at the shell's next prompt.";
    CopyOutput "prompt.copy_output" "Copy last output" Terminal ["ctrl+shift+y", "ctrl+space y"] "Copy what the command has said to whose prompt you went, else the last in view.";
    Drive "session.drive" "Take over" Terminal ["ctrl+space shift+d"] "Drive a session that another window drives: its size becomes this pane's.";
    Rename "session.rename" "Rename session…" Terminal ["ctrl+space r"] "Give the focused pane's session another name.";
    Restart "session.restart" "Restart session" Terminal ["ctrl+shift+r"] "Start an ended session's command again, in the same pane.";
    Interrupt "session.interrupt" "Interrupt program" Terminal [] "Send the program in the foreground an interrupt, as Ctrl+C does.";
    Kill "session.kill" "End session" Terminal ["ctrl+space shift+k"] "End everything that runs in the focused pane's session.";
    Remove "session.remove" "Forget ended session" Terminal [] "Delete the record of an ended session and close its pane.";
    FontLarger "font.larger" "Larger text" Anywhere ["ctrl+=", "ctrl++"] "Make the text of all panes larger.";
    FontSmaller "font.smaller" "Smaller text" Anywhere ["ctrl+-"] "Make the text of all panes smaller.";
    FontReset "font.reset" "Text size as set" Anywhere ["ctrl+0"] "Make the text as large as the settings say.";
    ScaleLarger "scale.larger" "Larger interface" Anywhere ["ctrl+space alt+="] "Make all but the terminal's text larger, up to twice its size.";
    ScaleSmaller "scale.smaller" "Smaller interface" Anywhere ["ctrl+space alt+-"] "Make all but the terminal's text smaller, down to four fifths of its size.";
    ScaleReset "scale.reset" "Interface as large as set" Anywhere ["ctrl+space alt+0"] "Make the interface as large as the settings say.";
    Theme "view.theme" "Light or dark" Anywhere ["ctrl+space shift+t"] "Switch between the dark and the light theme.";
    Themes "view.themes" "Theme…" Anywhere ["ctrl+space shift+l"] "Choose a theme, seeing each while you move to it.";
    EditTheme "view.theme_edit" "Edit theme…" Anywhere [] "Change the colours of the theme while you see them, and save it as your own.";
} {
    ImportKeys "keys.import" "Import keys…" Anywhere [] "Add the keys of a file to your own; what is wrong in it is left out and told.";
    ExportKeys "keys.export" "Export keys…" Anywhere [] "Write your own keys into a file, to be imported elsewhere.";
    SendLeader "leader.send" "Send the leader key" Terminal ["ctrl+space ctrl+space"] "Give Ctrl+Space to the program.";
    Reopen "window.reopen" "Open the window again" Anywhere [] "Start the window's program anew, as after an update of it; no session notices.";
    Quit "window.close" "Close window" Anywhere ["ctrl+shift+q"] "Close this window; all sessions go on.";
    ListNext "list.next" "List: next line" List ["down", "j"] "Select the next line of a list.";
    ListPrevious "list.previous" "List: line before" List ["up", "k"] "Select the line before.";
    ListPageDown "list.page_down" "List: page down" List ["page_down"] "Go ten lines on in a list.";
    ListPageUp "list.page_up" "List: page up" List ["page_up"] "Go ten lines back.";
    ListFirst "list.first" "List: first line" List ["home", "g g"] "Select a list's first line.";
    ListLast "list.last" "List: last line" List ["end", "shift+g"] "Select a list's last line.";
    ListOpen "list.open" "List: show line" List ["enter"] "Show what the selected line is about.";
    ListClose "list.close" "List: close" List ["escape", "q"] "Close a list, a question or a page without a field.";
    Reply "attention.reply" "Reply to an agent" List ["r"] "Type a reply to the selected agent among those that need you, or start one again that ended with a failure.";
    TrustFolder "trust.folder" "Trust and start" List ["t"] "Trust the folder that is asked about, and start its agent.";
    TrustAbove "trust.above" "Trust the folder above" List ["a"] "Trust all in the folder above the one that is asked about.";
    PaletteNext "palette.next" "Palette: next entry" Palette ["down", "ctrl+n"] "Select the next of what a field finds.";
    PalettePrevious "palette.previous" "Palette: entry before" Palette ["up", "ctrl+p"] "Select the entry before.";
    PalettePageDown "palette.page_down" "Palette: page down" Palette ["page_down"] "Go a page on in what a field finds.";
    PalettePageUp "palette.page_up" "Palette: page up" Palette ["page_up"] "Go a page back.";
    PaletteChoose "palette.choose" "Palette: choose" Palette ["enter"] "Take the selected entry, or what is typed.";
    PaletteComplete "palette.complete" "Palette: complete" Palette ["tab"] "Write the selected folder into the field, so that those in it are found.";
    PaletteClose "palette.close" "Palette: close" Palette ["escape"] "Close the palette, or a page with a field, or empty its field first.";
    PromptModel "prompt.model" "New agent: model" Palette ["ctrl+m"] "Choose the model of the agent that is told what to do.";
    PromptMode "prompt.mode" "New agent: permissions" Palette ["ctrl+o"] "Choose how that agent asks before it acts.";
    PromptResume "prompt.resume" "New agent: go on with" Palette ["ctrl+r"] "Choose an earlier conversation with which that agent goes on.";
    PromptFork "prompt.fork" "New agent: fork" Palette ["ctrl+f"] "Choose an earlier conversation of which that agent begins a copy.";
    WallLeft "wall.left" "Wall: to the left" Wall ["left"] "Select the session to the left.";
    WallRight "wall.right" "Wall: to the right" Wall ["right"] "Select the session to the right.";
    WallGrouping "wall.grouping" "Wall: other groups" Wall ["alt+g"] "Group sessions by project, by what they do, or by their agent.";
    FindNewer "find.newer" "Find: newer hit" Find ["shift+enter"] "Go from one hit to the newer one.";
    FindCase "find.match_case" "Find: match case" Find ["alt+c"] "Tell capital letters from small ones, or do not.";
    FindRegex "find.regex" "Find: regular expression" Find ["alt+r"] "Take what is typed as a regular expression, or as it is.";
    FindProject "find.this_project" "Find: this project only" Find ["alt+p"] "Look in the sessions of this project alone, or in all.";
    SettingsLevel "settings.level" "Settings: next level" Settings ["ctrl+p"] "Go from settings and keys for all to those of the group, then of the project.";
    SettingsSearch "settings.search" "Settings: search" Settings ["ctrl+f"] "Give the field of the settings the keyboard.";
    KeysReset "keys.reset" "Reset keys" Settings ["ctrl+backspace"] "Let the selected command have the keys that it came with.";
    EditorDone "editor.done" "Field: done" Editor ["enter"] "Take what is typed into a field.";
    EditorLeave "editor.leave" "Field: leave" Editor ["escape"] "Leave a field, or the theme's editor.";
    EditorSave "editor.save" "Field: save" Editor ["ctrl+s"] "Save the theme that is edited.";
    ViLeft "vi.left" "Select: left" Vi ["h", "left", "backspace"] "Move the cursor of a selection by keyboard to the left.";
    ViRight "vi.right" "Select: right" Vi ["l", "right", "space"] "Move it to the right.";
    ViDown "vi.down" "Select: down" Vi ["j", "down"] "Move it down a row.";
    ViUp "vi.up" "Select: up" Vi ["k", "up"] "Move it up a row.";
    ViWordAfter "vi.word_after" "Select: next word" Vi ["w", "ctrl+right"] "Go to the begin of the next word.";
    ViWordAfterLarge "vi.word_after_large" "Select: next word between blanks" Vi ["shift+w"] "Go to the begin of the next word, blanks alone being between words.";
    ViWordBefore "vi.word_before" "Select: begin of word" Vi ["b", "ctrl+left"] "Go back to the begin of a word.";
    ViWordBeforeLarge "vi.word_before_large" "Select: begin of word between blanks" Vi ["shift+b"] "Go back to the begin of a word, blanks alone being between words.";
    ViWordEnd "vi.word_end" "Select: end of word" Vi ["e"] "Go to the end of a word.";
    ViWordEndLarge "vi.word_end_large" "Select: end of word between blanks" Vi ["shift+e"] "Go to the end of a word, blanks alone being between words.";
    ViWordEndBefore "vi.word_end_before" "Select: end of word before" Vi ["g e"] "Go back to the end of the word before.";
    ViWordEndBeforeLarge "vi.word_end_before_large" "Select: end of word before, between blanks" Vi ["g shift+e"] "Go back to the end of the word before, blanks alone being between words.";
    ViLineStart "vi.line_start" "Select: begin of line" Vi ["0", "home"] "Go to the begin of the line.";
    ViLineText "vi.line_text" "Select: first sign of line" Vi ["^"] "Go to the first sign of the line that is no blank.";
    ViLineEnd "vi.line_end" "Select: end of line" Vi ["$", "end"] "Go to the end of the line, and of those that the cursor then comes to.";
    ViParagraphBefore "vi.paragraph_before" "Select: paragraph before" Vi ["{"] "Go to the empty row before.";
    ViParagraphAfter "vi.paragraph_after" "Select: next paragraph" Vi ["}"] "Go to the next empty row.";
    ViBracket "vi.bracket" "Select: other bracket" Vi ["%"] "Go to the bracket that belongs to the one at the cursor.";
    ViViewTop "vi.view_top" "Select: top of view" Vi ["shift+h"] "Go to the first row in view.";
    ViViewMiddle "vi.view_middle" "Select: middle of view" Vi ["shift+m"] "Go to the row in the middle of the view.";
    ViViewBottom "vi.view_bottom" "Select: bottom of view" Vi ["shift+l"] "Go to the last row in view.";
    ViFirst "vi.first" "Select: first row" Vi ["g g", "ctrl+home", "ctrl+a"] "Go to the oldest row that is kept.";
    ViLast "vi.last" "Select: last row" Vi ["shift+g", "ctrl+end"] "Go to the newest row.";
    ViPageDown "vi.page_down" "Select: page down" Vi ["page_down", "ctrl+f"] "Go a page on, of which two rows stay in view.";
    ViPageUp "vi.page_up" "Select: page up" Vi ["page_up", "ctrl+b"] "Go a page back.";
    ViHalfDown "vi.half_down" "Select: half a page down" Vi ["ctrl+d"] "Go half a page on.";
    ViHalfUp "vi.half_up" "Select: half a page up" Vi ["ctrl+u"] "Go half a page back.";
    ViScrollDown "vi.scroll_down" "Select: scroll down" Vi ["ctrl+e"] "Look a row further on.";
    ViScrollUp "vi.scroll_up" "Select: scroll up" Vi ["ctrl+y"] "Look a row further back.";
    ViSignAfter "vi.sign_after" "Select: to a sign" Vi ["f"] "Go on to the sign that is typed next.";
    ViSignBefore "vi.sign_before" "Select: back to a sign" Vi ["shift+f"] "Go back to the sign that is typed next.";
    ViTillAfter "vi.till_after" "Select: up to a sign" Vi ["t"] "Go on to just before the sign that is typed next.";
    ViTillBefore "vi.till_before" "Select: back up to a sign" Vi ["shift+t"] "Go back to just behind the sign that is typed next.";
    ViSignAgain "vi.sign_again" "Select: sign again" Vi [";"] "Go to the sign that was gone to last, once more.";
    ViSignBack "vi.sign_back" "Select: sign again, back" Vi [","] "Go to that sign the other way.";
    ViSelect "vi.select" "Select: signs" Vi ["v"] "Begin to select from the cursor, or drop what is selected.";
    ViSelectLines "vi.select_lines" "Select: lines" Vi ["shift+v"] "Select whole lines.";
    ViSelectBlock "vi.select_block" "Select: block" Vi ["ctrl+v"] "Select a block of columns.";
    ViOtherEnd "vi.other_end" "Select: other end" Vi ["o"] "Go to the other end of what is selected.";
    ViCopy "vi.copy" "Select: copy" Vi ["y", "enter"] "Copy what is selected, or the line, and leave.";
    ViCopyLines "vi.copy_lines" "Select: copy lines" Vi ["shift+y"] "Copy whole lines, and leave.";
    ViCopyOrLeave "vi.copy_or_leave" "Select: copy or leave" Vi ["ctrl+c"] "Copy what is selected, or leave if nothing is.";
    ViFindNewer "vi.find_newer" "Select: find below" Vi ["/"] "Look for a text from the cursor on.";
    ViFindOlder "vi.find_older" "Select: find above" Vi ["?"] "Look for a text from the cursor back.";
    ViAgain "vi.again" "Select: next hit" Vi ["n"] "Go to the next hit of what was looked for.";
    ViAgainBack "vi.again_back" "Select: hit before" Vi ["shift+n"] "Go to the hit before.";
    ViDrop "vi.drop" "Select: drop" Vi ["escape"] "Drop what is selected, or leave if nothing is.";
    ViLeave "vi.leave" "Select: leave" Vi ["q", "i"] "Leave, so that keys are the program's again.";
    HintsBack "hints.back" "Letters: take one back" Hints ["backspace"] "Take the last letter back that was typed for what can be picked up.";
    HintsLeave "hints.leave" "Letters: leave" Hints ["escape"] "Take the letters away and pick nothing.";
    SizesLeft "sizes.left" "Sizes: to the left" Sizes ["left", "h"] "Move a border of the focused pane to the left.";
    SizesRight "sizes.right" "Sizes: to the right" Sizes ["right", "l"] "Move it to the right.";
    SizesUp "sizes.up" "Sizes: up" Sizes ["up", "k"] "Move it up.";
    SizesDown "sizes.down" "Sizes: down" Sizes ["down", "j"] "Move it down.";
    SizesBalance "sizes.balance" "Sizes: balance" Sizes ["="] "Give all panes the same room.";
    SizesLeave "sizes.leave" "Sizes: leave" Sizes ["escape", "enter", "q"] "Leave the borders where they are.";
} }

/// Commands that a list shows as one line, since they differ by a direction or a number alone.
#[derive(Debug)]
pub struct Family {
    /// The commands.
    pub commands: &'static [Command],
    /// What stands for the key by which they differ.
    pub keys: &'static str,
    /// What they do.
    pub title: &'static str,
}

/// Every family.
pub const FAMILIES: &[Family] = &[
    Family {
        commands: &[
            Command::FocusLeft,
            Command::FocusRight,
            Command::FocusUp,
            Command::FocusDown,
        ],
        keys: "arrow",
        title: "Focus by direction",
    },
    Family {
        commands: &[
            Command::SwapLeft,
            Command::SwapRight,
            Command::SwapUp,
            Command::SwapDown,
        ],
        keys: "arrow",
        title: "Swap panes",
    },
    Family {
        commands: &[
            Command::EdgeLeft,
            Command::EdgeRight,
            Command::EdgeUp,
            Command::EdgeDown,
        ],
        keys: "arrow",
        title: "Move pane to an edge",
    },
    Family {
        commands: &[
            Command::Tab1,
            Command::Tab2,
            Command::Tab3,
            Command::Tab4,
            Command::Tab5,
            Command::Tab6,
            Command::Tab7,
            Command::Tab8,
            Command::Tab9,
        ],
        keys: "1…9",
        title: "Tab by number",
    },
];

/// Names of keys that begin longer sequences, without the leader before them.
pub const GROUPS: &[(&str, &str)] = &[
    ("m", "Arrange panes…"),
    ("Shift+V", "Answer for the clipboard…"),
];

impl Command {
    /// Returns the command's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // The enumeration is made from the table, in its order.
        &TABLE[self as usize]
    }

    /// Returns what a button says that carries it out as what to do next.
    #[must_use]
    pub fn offered(self) -> &'static str {
        match self {
            // A page's title alone does not say what it is for here.
            Self::Log => "Show log",
            other => other.row().title,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::keymap;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_is_where_its_number_says() {
        for row in TABLE {
            assert_eq!(row.command.row().id, row.id);
        }
    }

    #[test]
    fn ids_and_titles_are_unique_and_documented() {
        let ids: BTreeSet<_> = TABLE.iter().map(|row| row.id).collect();
        let titles: BTreeSet<_> = TABLE.iter().map(|row| row.title).collect();
        assert_eq!((ids.len(), titles.len()), (TABLE.len(), TABLE.len()));
        for row in TABLE {
            assert!(row.doc.ends_with('.'), "{}", row.id);
        }
    }

    /// Returns the table of keys as the README has it, of those that mean something in one place alone or of the others.
    fn markdown(own: bool) -> String {
        let mut text = String::from(if own {
            "| Keys | Where | Command | What they do |\n|---|---|---|---|\n"
        } else {
            "| Keys | Command | What they do |\n|---|---|---|\n"
        });
        for row in TABLE.iter().filter(|row| row.context.is_own() == own) {
            // Tabs 2 to 8 say what the first says.
            if row.id.starts_with("tab.") && matches!(row.id.as_bytes().last(), Some(b'2'..=b'8')) {
                continue;
            }
            let keys = row
                .keys
                .iter()
                .map(|keys| keymap::shown(keys).replace('|', "\\|"));
            let keys = keys.collect::<Vec<_>>().join(" · ");
            let doc = row.doc.trim_end_matches('.');
            let place = match own {
                true => format!(" {} |", context::place(row.context)),
                false => String::new(),
            };
            text.push_str(&format!("| {keys} |{place} `{}` | {doc} |\n", row.id));
        }
        text
    }

    #[test]
    fn the_readme_has_the_keys_of_the_table() {
        let readme = include_str!("../../../README.md");
        for own in [false, true] {
            let keys = markdown(own);
            assert!(
                readme.contains(&keys),
                "README.md must hold this table:\n{keys}"
            );
        }
    }
}
