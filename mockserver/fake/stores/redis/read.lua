-- Answers all that the jobs of a turn want to read.
-- ARGV: the version of what is shared that the caller has; then the reads.

return answers(2, ARGV[1])
