// What every command is measured against: a script that does nothing.
