-- Passes by numbers up to one. ARGV: the name, and the number after it, as text: it may be larger than Lua can count.

local held = call('HGET', P .. 'numbers', ARGV[1])
if not held or #held < #ARGV[2] or (#held == #ARGV[2] and held < ARGV[2]) then
  call('HSET', P .. 'numbers', ARGV[1], ARGV[2])
end
return 1
