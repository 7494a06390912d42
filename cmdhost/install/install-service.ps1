#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
    Installs the CAM workstation agent of MCMS as a Windows service, or upgrades it.
.DESCRIPTION
    Run it from the unpacked package. A second run is an upgrade: the agent is drained (runs go to their end, no new ones
    are claimed), stopped, exchanged and started again; the version before stays beside as app.previous. Configuration,
    keys and work folder are never touched except for their access lists. No password is asked for or stored: the service
    runs under a virtual account or a group managed service account.
.PARAMETER ConfigFile
    The agent's configuration, for example C:\ProgramData\MCMS\CmdHost\cmdhost.json.
.PARAMETER WinSWPath
    WinSW 2.12 or a later 2.x (https://github.com/winsw/winsw): Node is no service by itself, WinSW makes it one.
.PARAMETER WinSWSha256
    SHA-256 of that file, as you checked it when you got it. Another file is refused.
.PARAMETER InstallFolder
    Where the program goes.
.PARAMETER ServiceName
    Name of the service, of its event source and of its tasks: another one for a second agent on the same workstation.
.PARAMETER ServiceAccount
    Account without a password: the virtual account of the service (default), or DOMAIN\name$ of a gMSA.
.PARAMETER CamUser
    Windows user in whose logged-on session ESPRIT and SolidWorks run. Given, a logon task starts the runner there.
.PARAMETER StopTimeoutSeconds
    How long a stop may take: stopGracePeriod of the configuration and a minute.
.PARAMETER ScheduleRotation
    Adds a daily task that exchanges the certificate when it ends within 30 days.
.EXAMPLE
    .\install-service.ps1 -ConfigFile C:\ProgramData\MCMS\CmdHost\cmdhost.json -WinSWPath C:\Install\WinSW-x64.exe `
        -WinSWSha256 05B8... -CamUser SHOP\cam01 -ScheduleRotation
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)][ValidateNotNullOrEmpty()][string]$ConfigFile,
    [Parameter(Mandatory = $true)][ValidateNotNullOrEmpty()][string]$WinSWPath,
    [Parameter(Mandatory = $true)][ValidatePattern('^[0-9A-Fa-f]{64}$')][string]$WinSWSha256,
    [ValidateNotNullOrEmpty()][string]$InstallFolder = 'C:\Program Files\MCMS\CmdHost',
    [ValidatePattern('^[A-Za-z0-9]+$')][string]$ServiceName = 'McmsCmdHost',
    [string]$ServiceAccount = '',
    [string]$CamUser = '',
    [ValidateRange(30, 86400)][int]$StopTimeoutSeconds = 660,
    [switch]$ScheduleRotation
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'common.ps1')

if ($ServiceAccount -eq '') { $ServiceAccount = "NT SERVICE\$ServiceName" }
$package = Split-Path -Parent $PSScriptRoot
$app = Join-Path $InstallFolder 'app'
$wrapper = Join-Path $InstallFolder "$ServiceName.exe"
$cmdhost = Join-Path $app 'bin\cmdhost.cmd'

# 1. What is to be installed is what was packed.
Test-PackageSums -Folder $package
if ((Get-FileHash -LiteralPath $WinSWPath -Algorithm SHA256).Hash -ne $WinSWSha256.ToUpperInvariant()) {
    throw "$WinSWPath has another SHA-256 than -WinSWSha256 says: get WinSW again and compare."
}
$config = Get-Content -LiteralPath $ConfigFile -Raw -Encoding UTF8 | ConvertFrom-Json
$ConfigFile = (Resolve-Path -LiteralPath $ConfigFile).ProviderPath

# With the wrong one of the two, nothing would ever run here.
$runner = $config.PSObject.Properties['runner']
$session = ($null -ne $runner) -and ($runner.Value.mode -eq 'session')
if (($CamUser -ne '') -and (-not $session)) {
    throw "-CamUser needs runner.mode ""session"" in ${ConfigFile}: a runner in that user's session is to start the CAM programs."
}
if (($CamUser -eq '') -and $session) {
    throw "$ConfigFile has runner.mode ""session"": give -CamUser, whose session the runner is to start in, or take ""child""."
}

# A rotation makes new files, which get the rights of their folder: the folder is for the keys alone.
$keys = Split-Path -Parent $config.identity.privateKeyFile
$strangers = @(Get-ChildItem -LiteralPath $keys | Where-Object { $_.PSIsContainer -or $_.Name -notlike '*.pem*' })
if ($strangers.Count -gt 0) { throw "$keys holds more than the keys: give them a folder of their own." }

# 2. What is not sound is not installed: a running agent of an older version goes on.
Invoke-Tool -Program (Join-Path $package 'bin\cmdhost.cmd') -Arguments @('check', '--config', $ConfigFile)

# 3. The version that runs ends its work, then makes room.
$isUpgrade = $null -ne (Get-Service -Name $ServiceName -ErrorAction SilentlyContinue)
if ($isUpgrade) {
    Stop-Agent -ServiceName $ServiceName -Cmdhost $cmdhost -ConfigFile $ConfigFile
}
Copy-Package -Package $package -App $app

# 4. The service.
Copy-Item -LiteralPath $WinSWPath -Destination $wrapper -Force
$xml = Get-WrapperXml -ServiceName $ServiceName -App $app -ConfigFile $ConfigFile -StopTimeoutSeconds $StopTimeoutSeconds
Set-Content -LiteralPath (Join-Path $InstallFolder "$ServiceName.xml") -Value $xml -Encoding UTF8
if (-not $isUpgrade) { Invoke-Tool -Program $wrapper -Arguments @('install') }
Invoke-Tool -Program 'sc.exe' -Arguments @('config', $ServiceName, 'obj=', $ServiceAccount, 'start=', 'delayed-auto')
Invoke-Tool -Program 'sc.exe' -Arguments @('failure', $ServiceName, 'reset=', '86400', 'actions=', 'restart/5000/restart/30000/restart/60000')
Invoke-Tool -Program 'sc.exe' -Arguments @('failureflag', $ServiceName, '1')
if (-not [System.Diagnostics.EventLog]::SourceExists($ServiceName)) {
    [System.Diagnostics.EventLog]::CreateEventSource($ServiceName, 'Application')
}

# 5. Who may do what. The key is for the service alone; the CAM user sees the runs, not the key.
New-Item -ItemType Directory -Path $config.workFolder -Force | Out-Null
New-Item -ItemType Directory -Path (Join-Path $InstallFolder 'logs') -Force | Out-Null
Set-Access -Path $InstallFolder -Grants (Get-Grants -Rights @{ $ServiceAccount = '(OI)(CI)RX'; $CamUser = '(OI)(CI)RX' })
Set-Access -Path (Join-Path $InstallFolder 'logs') -Grants (Get-Grants -Rights @{ $ServiceAccount = '(OI)(CI)M' })
Set-Access -Path $config.workFolder -Grants (Get-Grants -Rights @{ $ServiceAccount = '(OI)(CI)M'; $CamUser = '(OI)(CI)M' })
Set-Access -Path $ConfigFile -Grants (Get-Grants -Rights @{ $ServiceAccount = 'R'; $CamUser = 'R' } -File)
Set-Access -Path $keys -Grants (Get-Grants -Rights @{ $ServiceAccount = '(OI)(CI)R' })

# 6. The runner in the CAM user's session: a service has no desktop, and ESPRIT and SolidWorks need one.
if ($CamUser -ne '') {
    Register-RunnerTask -TaskName "$ServiceName runner" -CamUser $CamUser -App $app -ConfigFile $ConfigFile
}
if ($ScheduleRotation) {
    Register-RotationTask -TaskName "$ServiceName rotate" -Cmdhost $cmdhost -ConfigFile $ConfigFile
}

# 7. To work.
Start-Service -Name $ServiceName
$done = if ($isUpgrade) { 'upgraded' } else { 'installed' }
[System.Diagnostics.EventLog]::WriteEntry($ServiceName, "MCMS CmdHost was $done; account $ServiceAccount, configuration $ConfigFile.", 'Information', 1)
Write-Host "MCMS CmdHost was $done and started."
Write-Host "Next: & '$cmdhost' doctor --config '$ConfigFile'"
if ($CamUser -ne '') { Write-Host "Log on as $CamUser once: the runner starts at logon." }
