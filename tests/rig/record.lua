-- Run by `ardour7-lua record.lua FOLDER PORT SECONDS`: a new session in FOLDER whose one MIDI
-- track records what comes from PORT, with the transport rolling. Says "rolls" when it does.

local folder, port, seconds = arg[1], arg[2], tonumber (arg[3])

assert (AudioEngine:set_backend ("JACK", "ardour", ""), "no JACK")
local session = create_session (folder, "take", 48000)
local midi = ARDOUR.ChanCount (ARDOUR.DataType ("midi"), 1)
local tracks = session:new_midi_track (
  midi, midi, true, ARDOUR.PluginInfo (), nil, nil, 1, "improv",
  ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)

for track in tracks:iter () do
  track:rec_enable_control ():set_value (1, PBD.GroupControlDisposition.NoGroup)
  local input = track:input ():midi (0)
  input:disconnect_all ()
  assert (input:connect (port) == 0, "no port " .. port)
end

session:maybe_enable_record (false)
session:request_roll (ARDOUR.TransportRequestSource.TRS_UI)
io.stderr:write ("rolls\n")
ARDOUR.LuaAPI.usleep (math.floor (1000000 * seconds))
session:request_stop (false, false, ARDOUR.TransportRequestSource.TRS_UI)
ARDOUR.LuaAPI.usleep (500000) -- the last notes go to disk
session:save_state ("")
close_session ()
quit ()
