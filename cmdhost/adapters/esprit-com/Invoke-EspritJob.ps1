#Requires -Version 5.1
<#
.SYNOPSIS
    Adapter between MCMS and ESPRIT by COM: runs one job and ends. An example to be filled in.
.DESCRIPTION
    The contract is "Writing an adapter" in docs/cmdhost.md. The agent starts

        powershell.exe -NoProfile -NonInteractive -InputFormat None -File Invoke-EspritJob.ps1 --job C:\...\job.json

    and this script
      - reads the job file; nothing in it becomes a command line, a path or a piece of script,
      - writes JSON lines of progress to stdout,
      - has ESPRIT open the model, do the work and save into the job's output folder,
      - writes the result file whole (another name first, then a rename) and ends with exit code 0,
      - always closes the document, and ESPRIT too if it started it,
      - ends ESPRIT and itself when its stdin ends: then the agent is gone, and nobody would.

    ESPRIT's object model differs between its products and versions and is described in the help of yours. Every place
    that depends on it is marked with "YOUR ESPRIT". The rest is complete, but has not been run against an ESPRIT.
    It must run in the CAM user's logged-on session (the runner does that): ESPRIT has no use for a service's session.

    -InputFormat None leaves stdin, an open pipe, to this script: PowerShell itself would wait for its end.
    Windows PowerShell 5.1 (PowerShell 7 has no GetActiveObject), and it must have the same bitness as ESPRIT's COM server (64 bits today).
#>

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# ---------------------------------------------------------------------------------------------------------------------
# YOUR ESPRIT: how COM knows it. A version in the name ("Esprit.Application.20") binds to that version, which keeps an
# installation of a newer one beside it from changing your NC programs.
$ProgId = 'Esprit.Application'
# The name of its process in the Task Manager, without .exe: how a start by COM is recognized.
$ProcessName = 'esprit'
# Where your post-processors lie. A job names one; only a file that is in this folder is taken.
$PostFolder = 'C:\ProgramData\DP Technology\ESPRIT\Data\Posts'
# ---------------------------------------------------------------------------------------------------------------------

<# A failure with a code of its own. retryable: may another attempt, a little later, fare better? #>
class JobFailure : System.Exception {
    [string]$Code
    [bool]$Retryable
    JobFailure([string]$code, [string]$message, [bool]$retryable) : base($message) {
        $this.Code = $code
        $this.Retryable = $retryable
    }
}

<# One JSON object a line is all that stdout carries: see "stdout" in docs/cmdhost.md. #>
function Send-JsonLine {
    param([hashtable]$Fields)
    [Console]::Out.WriteLine(($Fields | ConvertTo-Json -Compress -Depth 4))
    [Console]::Out.Flush()
}
function Send-Progress { param([string]$Phase, [int]$Percent) Send-JsonLine @{ type = 'progress'; phase = $Phase; percent = $Percent } }
function Send-Log { param([string]$Message, [string]$Level = 'info') Send-JsonLine @{ type = 'log'; level = $Level; message = $Message } }

<# Whole or not at all: the agent may look at any moment. UTF-8 without a byte order mark, which 5.1's own cmdlets write. #>
function Write-Result {
    param([string]$Path, [hashtable]$Result)
    $temporary = "$Path.$([Guid]::NewGuid().ToString('N')).tmp"
    $utf8 = New-Object System.Text.UTF8Encoding($false)
    [System.IO.File]::WriteAllText($temporary, ($Result | ConvertTo-Json -Depth 6), $utf8)
    [System.IO.File]::Move($temporary, $Path)
}

<# stdin carries nothing; when it ends, the agent is gone. A thread of its own sees that while COM keeps this one busy. #>
function Start-Watch {
    param([hashtable]$Shared)
    $runspace = [RunspaceFactory]::CreateRunspace()
    $runspace.Open()
    $runspace.SessionStateProxy.SetVariable('Shared', $Shared)
    $watch = [PowerShell]::Create()
    $watch.Runspace = $runspace
    [void]$watch.AddScript({
            $stdin = [Console]::OpenStandardInput()
            $buffer = New-Object byte[] 64
            while ($stdin.Read($buffer, 0, $buffer.Length) -gt 0) { }
            # Only what this adapter has started: an ESPRIT that a person works in is nobody's to end.
            if ($Shared.EspritPid -gt 0) { Stop-Process -Id $Shared.EspritPid -Force -ErrorAction SilentlyContinue }
            [Environment]::Exit(3)
        })
    [void]$watch.BeginInvoke()
}

<# Attaches to an ESPRIT that runs, or starts one. Returns the application; notes the process id if it was started here. #>
function Connect-Esprit {
    param([hashtable]$Shared)
    try {
        $application = [System.Runtime.InteropServices.Marshal]::GetActiveObject($ProgId)
        Send-Log 'attached to the ESPRIT that runs'
        return $application
    }
    catch [System.Runtime.InteropServices.COMException] {
        Send-Log 'no ESPRIT runs: starting one'
    }
    # COM does not tell the process it starts: it is the one that was not there before.
    $before = @(Get-Process -Name $ProcessName -ErrorAction SilentlyContinue | ForEach-Object { $_.Id })
    try {
        $application = New-Object -ComObject $ProgId
    }
    catch [System.Runtime.InteropServices.COMException] {
        throw [JobFailure]::new('ESPRIT_NOT_STARTED', "ESPRIT cannot be started: $($_.Exception.Message)", $true)
    }
    $started = @(Get-Process -Name $ProcessName -ErrorAction SilentlyContinue | Where-Object { $before -notcontains $_.Id })
    if ($started.Count -eq 1) { $Shared.EspritPid = $started[0].Id }

    # YOUR ESPRIT: with no free licence some versions start and show a dialog, others refuse. Ask yours here, and fail with a
    # code of its own, so that the command is tried again and operators see why:
    #   if (-not $application.License.IsValid) { throw [JobFailure]::new('ESPRIT_LICENCE_BUSY', 'no free ESPRIT licence', $true) }
    # Dialogs would wait for ever in an unattended session:
    #   $application.Visible = $false; $application.DisplayAlerts = $false
    return $application
}

<# The one input with the role. #>
function Get-Input {
    param($Job, [string]$Role)
    $found = @($Job.inputs | Where-Object { $_.role -eq $Role })
    if ($found.Count -ne 1) {
        throw [JobFailure]::new('INPUT_INVALID', "the job has $($found.Count) inputs with the role $Role and needs one", $false)
    }
    return $found[0].path
}

<# A name from the job is a name, never a path: it must be that of a file that is in the folder. #>
function Get-Post {
    param([string]$Name)
    $post = @(Get-ChildItem -LiteralPath $PostFolder -File | Where-Object { $_.Name -eq $Name })
    if ($post.Count -ne 1) { throw [JobFailure]::new('POST_UNKNOWN', "there is no post-processor of that name in $PostFolder", $false) }
    return $post[0].FullName
}

<# Opens the model, does what the command type asks for, and returns the outputs it has written. #>
function Invoke-CamCommand {
    param($Application, $Job, [hashtable]$Shared)
    Send-Progress 'Opening' 5
    # YOUR ESPRIT: open read-only if yours can; the model of a job is never saved back.
    $Shared.Document = $Application.Documents.Open((Get-Input $Job 'cam-model'))
    $document = $Shared.Document

    # The output's name is made here from digits alone, never from a name in the job.
    $number = 0
    $hasNumber = $Job.parameters.PSObject.Properties.Name -contains 'programNumber'
    if ($hasNumber -and -not [int]::TryParse([string]$Job.parameters.programNumber, [ref]$number)) {
        throw [JobFailure]::new('INPUT_INVALID', 'parameters.programNumber is no number', $false)
    }
    if ($number -lt 1 -or $number -gt 9999) { $number = 1000 }
    $program = 'O{0:D4}.nc' -f $number
    $path = Join-Path $Job.outputFolder $program

    switch ($Job.commandType) {
        'GenerateNcProgram' {
            Send-Progress 'Machining' 20
            # YOUR ESPRIT: bring the operations up to date, then post.
            $document.Operations.Recalculate()
            Send-Progress 'Posting' 70
            $document.NCCode.Create((Get-Post ([string]$Job.parameters.postProcessor)), $path)
        }
        'PostProcess' {
            Send-Progress 'Posting' 50
            $document.NCCode.Create((Get-Post ([string]$Job.parameters.postProcessor)), $path)
        }
        'Simulate' {
            Send-Progress 'Simulating' 30
            # YOUR ESPRIT: run the simulation; a collision is a failure that no further attempt mends.
            #   if ($document.Simulation.Run().Collisions -gt 0) { throw [JobFailure]::new('COLLISION', '…', $false) }
            return @()
        }
        default {
            throw [JobFailure]::new('COMMAND_UNKNOWN', "this adapter does not know $($Job.commandType)", $false)
        }
    }
    if (-not (Test-Path -LiteralPath $path)) {
        throw [JobFailure]::new('ESPRIT_NO_OUTPUT', 'ESPRIT reported no error and wrote no NC program', $true)
    }
    return @(@{ fileName = $program; role = 'nc-program'; contentType = 'text/plain' })
}

<# The document always; ESPRIT itself only if it was started here. A process that does not end by itself is ended. #>
function Close-Esprit {
    param($Application, [hashtable]$Shared)
    try {
        # YOUR ESPRIT: close without saving and without asking.
        if ($null -ne $Shared.Document) { $Shared.Document.Close($false) }
        if ($Shared.EspritPid -gt 0) { $Application.Quit() }
    }
    catch { Send-Log "closing failed: $($_.Exception.Message)" 'warn' }
    if ($null -ne $Application) { [void][System.Runtime.InteropServices.Marshal]::FinalReleaseComObject($Application) }
    if ($Shared.EspritPid -gt 0) {
        $process = Get-Process -Id $Shared.EspritPid -ErrorAction SilentlyContinue
        if ($null -ne $process -and -not $process.WaitForExit(15000)) { Stop-Process -Id $Shared.EspritPid -Force }
    }
}

# Two arguments and no others. They are not PowerShell parameters: `--job` is no name that PowerShell would bind.
if ($args.Count -ne 2 -or $args[0] -ne '--job') {
    [Console]::Error.WriteLine('usage: Invoke-EspritJob.ps1 --job FILE')
    exit 2
}
$job = Get-Content -LiteralPath $args[1] -Raw -Encoding UTF8 | ConvertFrom-Json
$shared = [hashtable]::Synchronized(@{ EspritPid = 0; Document = $null })
$application = $null
Start-Watch $shared
try {
    if ($job.schemaVersion -ne 1) { throw [JobFailure]::new('JOB_UNKNOWN', "job file of schemaVersion $($job.schemaVersion)", $false) }
    $application = Connect-Esprit $shared
    $outputs = @(Invoke-CamCommand $application $job $shared)
    Send-Progress 'Saved' 100
    Write-Result $job.resultFile @{ schemaVersion = 1; outcome = 'succeeded'; outputs = $outputs }
}
catch {
    # A failure that nobody foresaw is tried again; ESPRIT's own words are in the message.
    $failure = $_.Exception
    $known = $failure -is [JobFailure]
    $code = if ($known) { $failure.Code } else { 'ESPRIT_FAILED' }
    $retryable = if ($known) { $failure.Retryable } else { $true }
    Send-Log $failure.Message 'error'
    $text = $failure.Message.Substring(0, [Math]::Min($failure.Message.Length, 2000))
    Write-Result $job.resultFile @{ schemaVersion = 1; outcome = 'failed'; error = @{ code = $code; message = $text; retryable = $retryable } }
}
finally {
    Close-Esprit $application $shared
}
exit 0
